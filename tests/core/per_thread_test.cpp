#include <gtest/gtest.h>

#include <lamina/core/memory.hpp>
#include <lamina/core/per_thread.hpp>
#include <thread>

namespace lamina {
namespace {

template <int>
struct Counted {
  static inline int made = 0, live = 0;
  int uses = 0;
  Counted() { ++made, ++live; }
  ~Counted() { --live; }
};

template <class F>
void in_a_thread(const F& f) {
  std::thread(f).join();
}

TEST(PerThread, OneObjectForEachThreadUntilItEnds) {
  using T = Counted<0>;
  ++detail::PerThread<T>::get().uses;
  for (int i = 0; i < 3; ++i)
    in_a_thread([] {
      EXPECT_EQ(detail::PerThread<T>::get().uses++, 0);
      EXPECT_EQ(detail::PerThread<T>::get().uses, 1);
      EXPECT_EQ(T::live, 2);
    });
  EXPECT_EQ(T::live, 1);
  EXPECT_EQ(T::made, 4);
  EXPECT_EQ(detail::PerThread<T>::get().uses, 1);
}

/// Constructed before the object that it uses, and therefore destroyed after it.
template <class F>
struct AtEnd {
  explicit AtEnd(F function) : f(std::move(function)) {}
  ~AtEnd() { f(); }
  F f;
};

TEST(PerThread, CanBeUsedByEarlierThreadLocalObjects) {
  using T = Counted<1>;
  static int uses = 0;
  in_a_thread([] {
    static thread_local const AtEnd older([] { uses = ++detail::PerThread<T>::get().uses; });
    static_cast<void>(&older);
    detail::PerThread<T>::get().uses = 10;
  });
  EXPECT_EQ(uses, 1);  // of a new object
  EXPECT_EQ(T::made, 2);
  EXPECT_EQ(T::live, 0);
}

TEST(PerThread, MayUseEachOtherWhenTheyEnd) {
  using T = Counted<2>;
  struct Holder {
    ~Holder() { ++detail::PerThread<T>::get().uses; }
  };
  in_a_thread([] {
    detail::PerThread<Holder>::get();
    detail::PerThread<T>::get();
  });
  EXPECT_EQ(T::made, 2);
  EXPECT_EQ(T::live, 0);
}

struct Busy : Counted<3> {
  bool busy = false;
  bool in_use() const { return busy; }
};

TEST(PerThread, ObjectsInUseAreKept) {
  static Busy* kept = nullptr;
  in_a_thread([] {
    kept = &detail::PerThread<Busy>::get();
    kept->busy = true;
  });
  EXPECT_EQ(Busy::live, 1);
  in_a_thread([] { EXPECT_NE(&detail::PerThread<Busy>::get(), kept); });
  EXPECT_EQ(Busy::live, 1);
  EXPECT_TRUE(kept->busy);
}

TEST(PerThread, MemoryOfThreadsThatUseItLateIsReused) {
  // Memory that is allocated at the end of a thread is reused at the end of the next one.
  const auto once = [] {
    static std::size_t allocations = 0;
    in_a_thread([] {
      static thread_local const AtEnd older([] {
        { const detail::Storage late = detail::Storage::allocate(3 << 20); }
        allocations = memory_statistics().system_allocations;
      });
      static_cast<void>(&older);
      const detail::Storage early = detail::Storage::allocate(64);
    });
    return allocations;
  };
  const std::size_t first = once();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(once(), first);
}

}  // namespace
}  // namespace lamina
