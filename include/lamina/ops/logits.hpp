#pragma once
#include "lamina/core/per_thread.hpp"
#include "lamina/ops/operand.hpp"

// Cross-entropy is numerically stable when computed from logits, but most models end in softmax or sigmoid. During a
// training or test step these two operations cache their logits, and the loss uses them. Keras's `_keras_logits`.

namespace lamina::detail {

/// The activations whose logits are cached.
enum class OutputActivation { softmax, sigmoid };

/// Per-thread cache of the logits of the last softmax and sigmoid outputs.
template <class S>
class LogitsCache {
 public:
  /// Caches the logits of `activated`; does nothing outside a KeepLogits scope.
  static void store(const Tensor<S>& activated, const Tensor<S>& logits, OutputActivation by) {
    State& s = state();
    if (!s.keeping) return;
    s.entries[s.next] = {activated, logits, by};
    s.next = (s.next + 1) % entries;
  }
  /// Returns the logits of a softmax or sigmoid output; null if they are not cached.
  static const Tensor<S>* find(const Tensor<S>& activated, OutputActivation by) {
    for (const Entry& e : state().entries)
      if (e.activated.defined() && e.by == by && e.activated.data() == activated.data() &&
          e.activated.shape() == activated.shape())
        return &e.logits;
    return nullptr;
  }
  /// Removes the logits of this output, for a caller that recomputes it: they are not the ones the tape recorded.
  static void erase(const Tensor<S>& activated) {
    if (!state().keeping) return;
    for (Entry& e : state().entries)
      if (e.activated.data() == activated.data()) e = {};
  }

 private:
  template <class>
  friend class KeepLogits;
  static constexpr std::size_t entries = 8;  // the last 8: enough for the outputs of a model
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

/// During its lifetime, softmax and sigmoid cache their logits; the end of the outermost scope clears the cache.
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
