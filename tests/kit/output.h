// What a program prints, for tests whose judge is another project's program.
#pragma once

#include <cstdio>
#include <string>

namespace waymark {

// Of a shell command, standard output alone; behind it "status N" where that is not 0.
inline std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return "popen failed";
  std::string out;
  char part[4096];
  while (const size_t size = fread(part, 1, sizeof part, pipe)) out.append(part, size);
  const int status = pclose(pipe);
  return status == 0 ? out : out + "status " + std::to_string(status);
}

}  // namespace waymark
