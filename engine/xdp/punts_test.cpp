// Punted packets come whole, a bounded number at a time, and what found no room is counted.
#include "engine/xdp/punts.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>

#include <optional>

#include "engine/xdp/object.h"
#include "tests/kit/need.h"

extern "C" const unsigned char wm_punt_all_begin[], wm_punt_all_end[];

namespace waymark {

namespace {

struct PuntReaderTest : public testing::Test {
  void SetUp() override {
    WM_NEED(Cap::bpf);
    ASSERT_EQ(sched_getaffinity(0, sizeof all_cpus, &all_cpus), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);  // all packets into one ring
    Object::Options options;
    options.mapped = false;
    options.programs = {"wm_xdp"};
    auto loaded = Object::load({wm_punt_all_begin, wm_punt_all_end}, Image(), options);
    ASSERT_TRUE(loaded) << loaded.error().sentence;
    object.emplace(std::move(*loaded));
    open();
  }
  void TearDown() override {
    if (!IsSkipped()) sched_setaffinity(0, sizeof all_cpus, &all_cpus);
  }
  void open() {
    auto opened = PuntReader::open(*object, [this](const PuntRecord& record, std::span<const u8> frame) {
      records.push_back(record);
      frames.emplace_back(frame.begin(), frame.end());
    });
    ASSERT_TRUE(opened) << opened.error().sentence;
    reader.emplace(std::move(*opened));
  }
  void packet(const std::vector<u8>& frame, u32 times = 1) {
    LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame.data(), .data_size_in = u32(frame.size()),
                .repeat = int(times));
    ASSERT_EQ(bpf_prog_test_run_opts(object->program("wm_xdp"), &run), 0);
    ASSERT_EQ(run.retval, 1u);
  }
  bool read(u32 most) {
    const auto more = reader->read(most);
    EXPECT_TRUE(more);
    return more && *more;
  }
  bool readable() const {
    pollfd wait = {reader->fd(), POLLIN, 0};
    return poll(&wait, 1, 0) == 1;
  }
  static std::vector<u8> frame(std::size_t size) {
    std::vector<u8> out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = u8(i * 7 + i / 256);
    return out;
  }

  cpu_set_t all_cpus;
  std::optional<Object> object;
  std::optional<PuntReader> reader;
  std::vector<PuntRecord> records;
  std::vector<std::vector<u8>> frames;
};

}  // namespace

TEST_F(PuntReaderTest, PacketsComeWhole) {
  EXPECT_FALSE(readable());
  for (const std::size_t size : {14u, 61u, 1514u, 3000u}) packet(frame(size));
  EXPECT_TRUE(readable());
  EXPECT_FALSE(read(10));
  ASSERT_EQ(frames.size(), 4u);
  for (const auto& got : frames) EXPECT_EQ(got, frame(got.size()));
  EXPECT_EQ(frames[3].size(), 3000u);
  EXPECT_EQ(records[1].length, 61u);
  EXPECT_EQ(records[1].reason, 7);
  EXPECT_EQ(records[1].interface, 1u);
  EXPECT_EQ(reader->lost(), 0u);
  EXPECT_FALSE(read(10));
  EXPECT_EQ(frames.size(), 4u) << "each once";
}

TEST_F(PuntReaderTest, NoMoreThanWasAskedForAtATime) {
  packet(frame(100), 10);
  EXPECT_TRUE(read(4));
  EXPECT_EQ(frames.size(), 4u);
  EXPECT_TRUE(read(4));
  EXPECT_EQ(frames.size(), 8u);
  EXPECT_FALSE(read(4));
  EXPECT_EQ(frames.size(), 10u);
}

TEST_F(PuntReaderTest, WhatFindsNoRoomIsCounted) {
  packet(frame(1500), 1000);  // the ring has 256 KiB
  while (read(64)) continue;
  const u64 before_it = frames.size();
  EXPECT_GT(before_it, 100u);
  EXPECT_LT(before_it, 200u);
  packet(frame(1500));  // the kernel tells of losses with the next packet
  while (read(64)) continue;
  EXPECT_EQ(frames.size(), before_it + 1);
  EXPECT_EQ(reader->lost() + frames.size(), 1001u);
}

TEST_F(PuntReaderTest, MayOutliveItsObject) {
  packet(frame(100));
  object.reset();
  EXPECT_FALSE(read(4));
  EXPECT_EQ(frames.size(), 1u);
}

}  // namespace waymark
