#pragma once
#include "lamina/core/per_thread.hpp"
#include "lamina/ops/operand.hpp"

// A cross-entropy is exact when it is computed from logits, but models end in softmax or sigmoid. While a training or
// test step runs, those two remember what they were computed from, so that the loss can start from there.

namespace lamina::detail {

enum class OutputActivation { softmax, sigmoid };

template <class S>
class LogitsCache {
 public:
  /// Remembers nothing outside a KeepLogits scope.
  static void store(const Tensor<S>& activated, const Tensor<S>& logits, OutputActivation by) {
    State& s = state();
    if (!s.keeping) return;
    s.entries[s.next] = {activated, logits, by};
    s.next = (s.next + 1) % entries;
  }
  /// The logits behind a softmax's or sigmoid's result; null where they are not known.
  static const Tensor<S>* find(const Tensor<S>& activated, OutputActivation by) {
    for (const Entry& e : state().entries)
      if (e.activated.defined() && e.by == by && e.activated.data() == activated.data() &&
          e.activated.shape() == activated.shape())
        return &e.logits;
    return nullptr;
  }
  /// Forgets the logits behind this result: they are not those that the tape knows.
  static void erase(const Tensor<S>& activated) {
    if (!state().keeping) return;
    for (Entry& e : state().entries)
      if (e.activated.data() == activated.data()) e = {};
  }

 private:
  template <class>
  friend class KeepLogits;
  static constexpr std::size_t entries = 8;  // the outputs of one model; gates inside it pass by
  struct Entry {
    Tensor<S> activated, logits;
    OutputActivation by = OutputActivation::softmax;
  };
  struct State {
    bool keeping = false;
    std::size_t next = 0;
    Entry entries[LogitsCache::entries];
  };
  static State& state() { return PerThread<State>::get(); }
};

/// While it lives, softmax and sigmoid remember their logits.
template <class S>
class KeepLogits {
 public:
  KeepLogits() : before_(LogitsCache<S>::state().keeping) { LogitsCache<S>::state().keeping = true; }
  ~KeepLogits() {
    auto& s = LogitsCache<S>::state();
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
