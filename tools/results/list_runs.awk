# Reads Bazel's build events, one JSON object a line. Prints, separated by tabs:
#   for each run of a test (shard, attempt): label, status, URI of its test.xml
#   for each target that did not build: label, BUILD, -
# What is not known is "-".

/^\{"id":\{"testResult":/ {
  print value("\"label\":\"") "\t" value("\"status\":\"") "\t" \
    value("\"name\":\"test.xml\",\"uri\":\"")
}
/^\{"id":\{"targetCompleted":/ && !/"success":true/ {
  print value("\"label\":\"") "\tBUILD\t-"
}
function value(key,   at, rest) {
  at = index($0, key)
  if (at == 0) return "-"
  rest = substr($0, at + length(key))
  return substr(rest, 1, index(rest, "\"") - 1)
}
