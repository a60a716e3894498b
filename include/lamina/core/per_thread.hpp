#pragma once
#include <utility>

#include "lamina/core/macros.hpp"

#if defined(__MINGW32__)  // as in windows.h, which is not included
struct HINSTANCE__;
extern "C" {
__declspec(dllimport) unsigned long __stdcall FlsAlloc(void(__stdcall*)(void*));
__declspec(dllimport) void* __stdcall FlsGetValue(unsigned long);
__declspec(dllimport) int __stdcall FlsSetValue(unsigned long, void*);
__declspec(dllimport) int __stdcall GetModuleHandleExW(unsigned long, const wchar_t*, HINSTANCE__**);
}
#endif

namespace lamina::detail {

/// Calls functions when the calling thread ends, in reverse order of their addition.
///
/// Destructors of static objects, and of older thread_local objects, run later and may still use lamina. By then,
/// pointers to the destroyed objects must be null, so that the objects are created again. These are destroyed in a
/// second round, or, when the process ends, left to the system.
class ThreadEnd {
 public:
  /// A function to call at the end of one thread. It receives its action, which is a part of the object to destroy and
  /// must not be moved.
  struct Action {
    void (*at_end)(Action&) noexcept = nullptr;
    Action* next_at_end = nullptr;
  };

#if defined(__MINGW32__)
  // GCC emulates thread_local on MinGW, and frees such objects before it runs their destructors. Fiber-local storage is
  // freed after both.
  /// Adds an action for the calling thread.
  LAMINA_COLD static void add(Action& action) noexcept {
    action.next_at_end = static_cast<Action*>(FlsGetValue(index()));
    FlsSetValue(index(), &action);
  }
  static void keep_library() noexcept { index(); }

 private:
  static unsigned long index() noexcept {
    static const unsigned long allocated = [] {
      // Threads call `run` when they end, so the library that it is part of must not be unloaded before.
      constexpr unsigned long pin = 1, from_address = 4;
      HINSTANCE__* library = nullptr;
      GetModuleHandleExW(pin | from_address, reinterpret_cast<const wchar_t*>(&run), &library);
      return FlsAlloc(run);
    }();
    return allocated;
  }
  LAMINA_COLD static void __stdcall run(void* first) {
    for (auto* action = static_cast<Action*>(first); action != nullptr;) {
      FlsSetValue(index(), nullptr);
      while (action != nullptr) {
        Action& current = *std::exchange(action, action->next_at_end);
        current.at_end(current);
      }
      action = static_cast<Action*>(FlsGetValue(index()));  // added in the meantime
    }
  }
#else
  /// Adds an action for the calling thread.
  LAMINA_COLD static void add(Action& action) noexcept {
    State& s = state();
    action.next_at_end = s.first;
    s.first = &action;
    if (s.round == 0)
      await<0>();
    else if (s.round == 1)
      await<1>();
  }

  /// Keeps the shared library that contains this code loaded while the calling thread runs: dlclose does not unload a
  /// library with thread_local objects that have to be destroyed. (glibc counts them; musl never unloads.)
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

/// An object per thread, created at its first use and destroyed when the thread ends. Unlike a thread_local object, it
/// can be used after that, and is then created again.
///
/// If T has a member function `in_use()` that returns true when the thread ends, the object is not destroyed: a static
/// object still refers to it.
template <class T>
class PerThread {
 public:
  /// The object of the calling thread.
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
