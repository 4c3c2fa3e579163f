# For charts that show a sweep in groups or panels: the swept input with the most values, the first of these by name. Without a sweep
# there is one group. Loaded after style.gp.
axisKey = ""; xs = "0"; byAxis = " "; axisName = ""; isUnordered = 0
do for [j=1:words(swept)] {
  eval distinct(word(swept, j))
  if (axisKey eq "" || words(found) > words(xs)) { axisKey = word(swept, j); xs = found; byAxis = map; axisName = axis(axisKey, example) }
}
NX = words(xs)
group(c) = axisKey eq "" ? 1 : sum [x=1:NX] (abs(real(word(xs, x)) - amount(axisKey, lookup(byAxis, id(c)))) <= 1e-9*abs(real(word(xs, x))) ? x : 0)
# Whether there is a value without a number, of which none comes first.
if (axisKey ne "" && isNamed(axisKey)) { do for [x=1:NX] { isUnordered = isUnordered || begins(mark(axisKey, x)) != begins(mark(axisKey, x)) } }
