#pragma once
#include <utility>

#include "lamina/core/macros.hpp"

#if defined(__MINGW32__)
extern "C" {
__declspec(dllimport) unsigned long __stdcall FlsAlloc(void(__stdcall*)(void*));
__declspec(dllimport) void* __stdcall FlsGetValue(unsigned long);
__declspec(dllimport) int __stdcall FlsSetValue(unsigned long, void*);
}
#endif

namespace lamina::detail {

/// Calls functions when the calling thread ends, the last one added first.
///
/// Destructors of static objects, and of older thread_local ones, run after that and may still compute. Pointers to the
/// objects that they use must be null by then; the objects are made again, and destroyed at the end of a second round of
/// destructors, or, if the process is ending, left to the system.
class ThreadEnd {
 public:
  /// One function of one thread. It receives its action, which is part of the object to destroy and is not moved.
  struct Action {
    void (*at_end)(Action&) noexcept = nullptr;
    Action* next_at_end = nullptr;
  };

#if defined(__MINGW32__)
  // GCC emulates thread_local there, and releases the memory of such objects before it runs their destructors. Fiber-local
  // storage is released after both.
  LAMINA_COLD static void add(Action& action) noexcept {
    action.next_at_end = static_cast<Action*>(FlsGetValue(index()));
    FlsSetValue(index(), &action);
  }
  static void keep_library() noexcept { index(); }

 private:
  static unsigned long index() noexcept {
    static const unsigned long allocated = FlsAlloc(run);
    return allocated;
  }
  LAMINA_COLD static void __stdcall run(void* first) {
    for (auto* action = static_cast<Action*>(first); action != nullptr;) {
      FlsSetValue(index(), nullptr);
      while (action != nullptr) {
        Action& current = *std::exchange(action, action->next_at_end);
        current.at_end(current);
      }
      action = static_cast<Action*>(FlsGetValue(index()));  // added meanwhile
    }
  }
#else
  LAMINA_COLD static void add(Action& action) noexcept {
    State& s = state();
    action.next_at_end = s.first;
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
      while (s.first != nullptr) {
        Action& action = *std::exchange(s.first, s.first->next_at_end);
        action.at_end(action);
      }
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
#endif
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
  struct Owned : ThreadEnd::Action {
    T object{};
  };
  static T*& slot() noexcept {
    static constinit thread_local T* object = nullptr;
    return object;
  }
  LAMINA_COLD static T& make() {
    auto* made = new Owned;
    made->at_end = destroy;
    slot() = &made->object;
    ThreadEnd::add(*made);
    return made->object;
  }
  LAMINA_COLD static void destroy(ThreadEnd::Action& action) noexcept {
    auto& owned = static_cast<Owned&>(action);
    if constexpr (requires(const T& t) { t.in_use(); })
      if (owned.object.in_use()) return;
    if (slot() == &owned.object) slot() = nullptr;
    delete &owned;
  }
};

}  // namespace lamina::detail
