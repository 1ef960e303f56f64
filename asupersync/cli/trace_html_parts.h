// The files of html/, from which `trace html` makes its page: they are compiled
// in, so that the program is one file.
//
// Determinism: constants of the build.
#ifndef ASUPERSYNC_CLI_TRACE_HTML_PARTS_H_
#define ASUPERSYNC_CLI_TRACE_HTML_PARTS_H_

namespace asupersync::cli {

// page.html, with a word like @DATA@ where something is to be put in.
extern const char kTraceHtmlMarkup[];
// style.css.
extern const char kTraceHtmlStyle[];
// The scripts, in the order of the BUILD file, within one function: their
// names stay their own.
extern const char kTraceHtmlScript[];

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_HTML_PARTS_H_
