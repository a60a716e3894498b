#pragma once
#include <utility>

#include "lamina/core/macros.hpp"

namespace lamina::detail {

/// Calls functions when the calling thread ends, the last one added first.
///
/// Destructors of static objects, and of thread_local ones that are older, run after that and may still compute. What
/// they use must have become null by then, and is made again; it is destroyed at the end of a second round of
/// destructors, or, where the process is ending, left to the system.
class ThreadEnd {
 public:
  /// One function of one thread, which stays where it is.
  struct Action {
    void (*call)() noexcept = nullptr;
    Action* next = nullptr;
  };
  LAMINA_COLD static void add(Action& action) noexcept {
    State& s = state();
    action.next = s.first;
    s.first = &action;
    if (s.round == 0)
      await<0>();
    else if (s.round == 1)
      await<1>();
  }

  /// While the calling thread runs, the shared library that this code is part of stays mapped: dlclose does not unload
  /// a library that has thread_local objects to destroy. (glibc counts them; musl never unloads.)
  static void keep_library() noexcept { await<0>(); }

 private:
  struct State {
    Action* first = nullptr;
    int round = 0;
  };
  template <int Round>
  struct Guard {
    LAMINA_COLD ~Guard() {
      State& s = state();
      while (s.first != nullptr) std::exchange(s.first, s.first->next)->call();
      s.round = Round + 1;
    }
  };
  template <int Round>
  LAMINA_COLD static void await() noexcept {
    static thread_local Guard<Round> guard;
    static_cast<void>(&guard);
  }
  static State& state() noexcept {
    static constinit thread_local State current{};
    return current;
  }
};

/// An object of each thread, made at its first use and destroyed when the thread ends. A thread_local object must not
/// be used after that; this one may, and is made again.
///
/// If T has a member `in_use()`, an object that is in use then is not destroyed: a static object still refers to it.
template <class T>
class PerThread {
 public:
  static LAMINA_ALWAYS_INLINE T& get() {
    T* object = slot();
    if (object == nullptr) [[unlikely]]
      return make();
    return *object;
  }

 private:
  static T*& slot() noexcept {
    static constinit thread_local T* object = nullptr;
    return object;
  }
  LAMINA_COLD static T& make() {
    static constinit thread_local ThreadEnd::Action action{};
    action.call = destroy;
    T* object = new T;
    slot() = object;
    ThreadEnd::add(action);
    return *object;
  }
  LAMINA_COLD static void destroy() noexcept {
    if constexpr (requires(const T& t) { t.in_use(); })
      if (slot()->in_use()) return;
    delete std::exchange(slot(), nullptr);
  }
};

}  // namespace lamina::detail
