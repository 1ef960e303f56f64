# Reads one test.xml, of GoogleTest or of Bazel. Prints for each case
# "pass NAME", "fail NAME" or "skip NAME"; disabled cases are skipped ones.
#
# CDATA sections are dropped first: what a test prints may look like XML.

{ text = text $0 "\n" }
END {
  clean = ""
  while ((at = index(text, "<![CDATA[")) > 0) {
    clean = clean substr(text, 1, at - 1)
    text = substr(text, at + 9)
    at = index(text, "]]>")
    text = at > 0 ? substr(text, at + 3) : ""
  }
  count = split(clean text, tags, "<")
  for (i = 2; i <= count; i++) {
    tag = tags[i]
    if (tag ~ /^testcase[ \t\n>]/) {
      report()
      name = attribute(tag, "classname")
      name = (name == "" ? "" : name ".") attribute(tag, "name")
      state = "pass"
      if (tag ~ / result="(skipped|suppressed)"/) state = "skip"
      open = 1
    } else if (tag ~ /^(failure|error)[ \t\n\/>]/) {
      # Outside of a case too: then the whole suite has failed.
      state = "fail"
      if (!open) { name = "(outside of any case)"; open = 1 }
    } else if (tag ~ /^skipped[ \t\n\/>]/ && state == "pass") {
      state = "skip"
    } else if (tag ~ /^\/testcase>/) {
      report()
    }
  }
  report()
}
function attribute(tag, key,   at, rest) {
  at = index(tag, " " key "=\"")
  if (at == 0) return ""
  rest = substr(tag, at + length(key) + 3)
  rest = substr(rest, 1, index(rest, "\"") - 1)
  gsub(/&quot;/, "\"", rest)
  gsub(/&lt;/, "<", rest)
  gsub(/&gt;/, ">", rest)
  gsub(/&apos;/, "\047", rest)
  gsub(/&#x0[Aa];/, " ", rest)
  gsub(/&amp;/, "\\&", rest)
  return rest
}
function report() {
  if (open) print state " " name
  open = 0
}
