#include "lab/lab.h"
#include "lab/traffic.h"
#include <string>
namespace waymark {
int lab_main(int argc, char** argv) {
  if (argc > 2 && std::string(argv[1]) == "traffic") {
    if (std::string(argv[2]) == "client") return lab::traffic_client(argc - 2, argv + 2);
    if (std::string(argv[2]) == "server") return lab::traffic_server(argc - 2, argv + 2);
  }
  return 2;
}
}  // namespace waymark
