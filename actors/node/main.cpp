// The program `troupe`.
#include "actors/node/command/command_line.hpp"

#include <iostream>

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return troupe::command::run_command_line({argv + 1, argv + argc}, {std::cout, std::cerr});
}
