#include "asupersync/base/outcome.h"

#include <cxxabi.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <ostream>
#include <string>
#include <typeinfo>
#include <utility>

namespace asupersync {
namespace {

// The readable name of the exception that is being handled.
std::string CurrentExceptionType() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "an unknown type";
  int error = 0;
  char* name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &error);
  std::string result = error == 0 ? name : type->name();
  std::free(name);
  return result;
}

}  // namespace

const char* Name(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kOk:
      return "ok";
    case OutcomeKind::kErr:
      return "err";
    case OutcomeKind::kCancelled:
      return "cancelled";
    case OutcomeKind::kPanicked:
      return "panicked";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& os, OutcomeKind kind) {
  return os << Name(kind);
}

std::ostream& operator<<(std::ostream& os, const PanicInfo& panic) {
  return os << panic.what;
}

PanicInfo PanicInfo::FromException(std::exception_ptr exception) {
  PanicInfo panic;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    panic.what = e.what();
  } catch (...) {
    panic.what = "an exception of type " + CurrentExceptionType();
  }
  panic.exception = std::move(exception);
  return panic;
}

namespace internal_outcome {

void FailAccess(const char* wanted, const std::string& outcome) {
  std::fprintf(stderr, "asupersync: %s was asked of an Outcome that is %s\n",
               wanted, outcome.c_str());
  std::abort();
}

}  // namespace internal_outcome
}  // namespace asupersync
