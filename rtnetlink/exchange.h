// Requests to rtnetlink and their answers. Only for the .cpp files that talk to the kernel.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "rtnetlink/messages.h"
#include "rtnetlink/netlink.h"

namespace waymark::netlink {

constexpr int kAnswerBuffer = 1 << 20;
constexpr u32 kBatch = 32;  // requests in flight: their answers fit the smallest usual socket buffer

Error failed(const char* what, int error);  // a libnl error, negative
Result<Socket> connect(int buffer);         // bytes that may wait to be received
int error_in(nlmsghdr* header);             // of an NLMSG_ERROR: positive errno, 0 for an acknowledgement

// Gives each message of the next datagram to `use`; the bytes received, or a negative libnl error.
int receive(nl_sock* socket, const std::function<void(nlmsghdr*)>& use);

// Sends the messages together; each has one answer. `answer(i, header)`: the i-th one's, maybe an NLMSG_ERROR.
Status exchange(nl_sock* socket, std::span<Message> messages, const std::function<void(u32, nlmsghdr*)>& answer);

// All objects of one kind. A dump that a change interrupted is repeated; the last try counts as it is, as the change
// itself is announced too.
Status dump(nl_sock* socket, const std::function<Message()>& compose, const std::function<void()>& restart,
            const std::function<void(nlmsghdr*)>& use);

// Asks in batches and collects the answers in the order of the questions.
template <class Answer, class Question>
Result<std::vector<Answer>> ask_all(nl_sock* socket, std::span<const Question> questions,
                                    Message (*compose)(const Question&), Answer (*read)(nlmsghdr*)) {
  std::vector<Answer> out(questions.size());
  for (std::size_t start = 0; start < questions.size(); start += kBatch) {
    std::vector<Message> messages;
    for (std::size_t i = start; i < questions.size() && i < start + kBatch; ++i)
      messages.push_back(compose(questions[i]));
    WM_TRY(exchange(socket, messages, [&](u32 i, nlmsghdr* header) { out[start + i] = read(header); }));
  }
  return out;
}

}  // namespace waymark::netlink
