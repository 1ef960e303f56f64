#!/bin/bash
# Reads sample results with the two awk programs beside this file.

set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 1
failures=0

# expect NAME WANT, with what was got on standard input.
expect() {
  local got
  got=$(cat)
  if [[ $got == "$2" ]]; then
    printf 'ok %s\n' "$1"
  else
    printf 'FAILED %s\nwant:\n%s\ngot:\n%s\n' "$1" "$2" "$got"
    failures=$((failures + 1))
  fi
}

cases() { awk -f list_cases.awk; }
runs() { awk -f list_runs.awk; }

cases <<'XML' | expect 'a case passes, fails or is skipped' 'pass S.One
fail S.Two
skip S.Three
skip S.DISABLED_Four
pass S.Five'
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="5" failures="1" name="AllTests">
  <testsuite name="S" tests="5">
    <testcase name="One" status="run" result="completed" classname="S" />
    <testcase name="Two" status="run" result="completed" classname="S">
      <failure message="a&#x0A;b" type=""><![CDATA[a]]></failure>
      <failure message="c" type=""><![CDATA[c]]></failure>
    </testcase>
    <testcase name="Three" status="run" result="skipped" classname="S">
      <skipped message="why"><![CDATA[why]]></skipped>
    </testcase>
    <testcase name="DISABLED_Four" status="notrun" result="suppressed"
              classname="S" />
    <testcase name="Five" status="run" result="completed" classname="S">
      <properties><property name="seed" value="1"/></properties>
    </testcase>
  </testsuite>
</testsuites>
XML

cases <<'XML' | expect 'names are unescaped' 'pass S.A/0 <"&>'
<testsuite><testcase classname="S" name="A/0 &lt;&quot;&amp;&gt;"/></testsuite>
XML

cases <<'XML' | expect 'printed text is no XML' 'pass x/y_test'
<testsuites><testsuite name="x/y_test" tests="1" failures="0" errors="0">
<testcase name="x/y_test" status="run" duration="0" time="0"></testcase>
<system-out><![CDATA[<testcase name="no"><failure/>
 ]]>]]&gt;<![CDATA[ <testcase name="nor this"/>]]></system-out>
</testsuite></testsuites>
XML

cases <<'XML' | expect 'the error of a crash is a failed case' 'fail x/y_test'
<testsuites><testsuite name="x/y_test" tests="1" failures="0" errors="1">
<testcase name="x/y_test" status="run" duration="0" time="0"><error
message="exited with error code 6"></error></testcase>
</testsuite></testsuites>
XML

cases <<'XML' | expect 'a failure outside of any case counts' \
  'fail (outside of any case)
pass S.One'
<testsuites><testsuite name="S"><failure message="set-up"/>
<testcase name="One" classname="S"/></testsuite></testsuites>
XML

printf '<testsuites tests="0"></testsuites>\n' | cases |
  expect 'no case is no case' ''

printf '<testcase name="Cut" classname="S"><![CDATA[' | cases |
  expect 'a file that was cut off is read as far as it goes' 'pass S.Cut'

xml='"testActionOutput":[{"name":"test.log","uri":"file:///t/test.log"},'
xml+='{"name":"test.xml","uri":"file:///t/a%20b/test.xml"}]'
{
  printf '{"id":{"started":{}},"started":{"command":"test"}}\n'
  printf '{"id":{"testResult":{"label":"//a:b","run":1,"shard":2}},'
  printf '"testResult":{%s,"status":"PASSED"}}\n' "$xml"
  printf '{"id":{"testResult":{"label":"//a:c","run":1}},'
  printf '"testResult":{"status":"TIMEOUT"}}\n'
  printf '{"id":{"targetCompleted":{"label":"//a:b"}},'
  printf '"completed":{"success":true}}\n'
  printf '{"id":{"targetCompleted":{"label":"//a:d"}},"aborted":{}}\n'
} | runs | expect 'runs and failed builds are listed' \
  $'//a:b\tPASSED\tfile:///t/a%20b/test.xml
//a:c\tTIMEOUT\t-
//a:d\tBUILD\t-'

if ((failures > 0)); then exit 1; fi
