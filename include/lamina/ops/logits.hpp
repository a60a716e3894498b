#pragma once
#include "lamina/core/per_thread.hpp"
#include "lamina/ops/operand.hpp"

// A cross-entropy is exact when it is computed from logits, but models end in softmax or sigmoid. While a training or
// test step runs, those two remember what they were computed from, so that the loss can start from there.

namespace lamina::detail {

enum class Squashing { softmax, sigmoid };

template <class S>
class LogitsMemory {
 public:
  /// Remembers nothing outside a KeepLogits scope.
  static void remember(const Tensor<S>& squashed, const Tensor<S>& logits, Squashing by) {
    State& s = state();
    if (!s.keeping) return;
    s.entries[s.next] = {squashed, logits, by};
    s.next = (s.next + 1) % entries;
  }
  /// The logits behind a softmax's or sigmoid's result; null where they are not known.
  static const Tensor<S>* find(const Tensor<S>& squashed, Squashing by) {
    for (const Entry& e : state().entries)
      if (e.squashed.defined() && e.by == by && e.squashed.data() == squashed.data() &&
          e.squashed.shape() == squashed.shape())
        return &e.logits;
    return nullptr;
  }
  /// Forgets the logits behind this result: they are not those that the tape knows.
  static void forget(const Tensor<S>& squashed) {
    if (!state().keeping) return;
    for (Entry& e : state().entries)
      if (e.squashed.data() == squashed.data()) e = {};
  }

 private:
  template <class>
  friend class KeepLogits;
  static constexpr std::size_t entries = 8;  // the outputs of one model; gates inside it pass by
  struct Entry {
    Tensor<S> squashed, logits;
    Squashing by = Squashing::softmax;
  };
  struct State {
    bool keeping = false;
    std::size_t next = 0;
    Entry entries[LogitsMemory::entries];
  };
  static State& state() { return PerThread<State>::get(); }
};

/// While it lives, softmax and sigmoid remember their logits.
template <class S>
class KeepLogits {
 public:
  KeepLogits() : before_(LogitsMemory<S>::state().keeping) { LogitsMemory<S>::state().keeping = true; }
  ~KeepLogits() {
    auto& s = LogitsMemory<S>::state();
    s.keeping = before_;
    if (!before_)
      for (auto& entry : s.entries) entry = {};
  }
  KeepLogits(const KeepLogits&) = delete;
  KeepLogits& operator=(const KeepLogits&) = delete;

 private:
  bool before_;
};

}  // namespace lamina::detail
