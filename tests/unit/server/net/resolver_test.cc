#include "server/net/resolver.h"

#include <gtest/gtest.h>

#include <semaphore>

namespace hub::net {
namespace {

// Look-ups that take as long as the test likes.
struct SlowNames {
  std::vector<SocketAddress> operator()(const Address& address) {
    {
      const std::lock_guard lock(mutex);
      asked.push_back(address.host);
    }
    began.release();
    go_on.acquire();
    return {};
  }
  std::vector<std::string> Asked() {
    const std::lock_guard lock(mutex);
    return asked;
  }

  std::mutex mutex;
  std::vector<std::string> asked;
  std::counting_semaphore<100> began{0}, go_on{0};
};

struct ResolverTest : testing::Test {
  Resolver::Ticket Ask(const char* host) {
    return resolver.Ask({host, 2775}, [this, host](const auto&) { answered.push_back(host); });
  }
  void AwaitAnswers(std::size_t count) {
    while (answered.size() < count) {
      woken.acquire();
      resolver.Poll();
    }
  }

  SlowNames names;
  std::counting_semaphore<100> woken{0};
  std::vector<std::string> answered;
  Resolver resolver{[this] { woken.release(); },
                    [this](const Address& address) { return names(address); }};
};

using Names = std::vector<std::string>;

TEST_F(ResolverTest, AllThatAskForOneNameHearItAtOnce) {
  Ask("dead.example");
  names.began.acquire();
  Ask("dead.example");
  Ask("live.example");
  Ask("dead.example");
  names.go_on.release();
  names.go_on.release(10);
  AwaitAnswers(4);
  EXPECT_EQ(names.Asked(), (Names{"dead.example", "live.example"}));
}

TEST_F(ResolverTest, WhatNobodyWaitsForIsNotLookedUp) {
  Ask("first.example");
  names.began.acquire();
  const Resolver::Ticket gone = Ask("gone.example");
  Ask("last.example");
  resolver.Cancel(gone);
  names.go_on.release(10);
  AwaitAnswers(2);
  EXPECT_EQ(names.Asked(), (Names{"first.example", "last.example"}));
  EXPECT_EQ(answered, (Names{"first.example", "last.example"}));
}

}  // namespace
}  // namespace hub::net
