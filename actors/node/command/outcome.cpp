#include "actors/node/command/outcome.hpp"

#include <ostream>

namespace troupe::command {

std::string sentence_of(const error& problem) {
  return problem.detail.empty() ? problem.message() : problem.detail;
}

int report(const streams& to, const std::string& sentence) {
  to.out.flush();
  to.err << "troupe: " << sentence << std::endl;
  return exit_failed;
}

int report(const streams& to, const error& problem) { return report(to, sentence_of(problem)); }

} // namespace troupe::command
