#pragma once
#include <cstdint>

#include "lamina/core/random.hpp"

namespace lamina {

/// What a layer's `call` may ask about the call it is part of. It belongs to the thread, not to the layer, so one built
/// layer can serve several threads at once.
class CallContext {
 public:
  /// True inside `fit`, and wherever a layer is called with `{.training = true}`.
  static bool training() noexcept { return state().training; }
  /// True where the call only looks for shapes: made-up numbers go through, and nothing is to be remembered of them.
  static bool dry_run() noexcept { return state().dry_run; }

  /// The random numbers of this use: another stream for every use, the same ones in every run, whatever the threads.
  static RandomStream random_stream() noexcept {
    State& s = state();
    return s.in_step ? RandomStream(s.seed, step_streams + (s.step << 20) + s.uses++) : next_random_stream();
  }

  /// For a scope: whether calls are for training.
  class Training {
   public:
    explicit Training(bool training) noexcept : before_(state().training) { state().training = training; }
    ~Training() { state().training = before_; }
    Training(const Training&) = delete;
    Training& operator=(const Training&) = delete;

   private:
    bool before_;
  };

  /// For a scope: calls are for their shapes, without training.
  class DryRun {
   public:
    DryRun() noexcept : training_(state().training), before_(state().dry_run) {
      state().training = false;
      state().dry_run = true;
    }
    ~DryRun() {
      state().training = training_;
      state().dry_run = before_;
    }
    DryRun(const DryRun&) = delete;
    DryRun& operator=(const DryRun&) = delete;

   private:
    bool training_, before_;
  };

  /// For a scope: calls belong to step `step` of a training loop, whose random numbers are keyed by its seed and the
  /// step.
  class Step {
   public:
    Step(std::uint64_t seed, std::uint64_t step) noexcept : before_(state()) {
      state() = {before_.training, true, before_.dry_run, seed, step, 0};
    }
    ~Step() { state() = before_; }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    friend class CallContext;
    struct State {
      bool training, in_step, dry_run;
      std::uint64_t seed, step, uses;
    };
    State before_;
  };

 private:
  using State = Step::State;
  // Streams of training steps lie apart from those of the program's seed.
  static constexpr std::uint64_t step_streams = std::uint64_t{1} << 63;
  static State& state() noexcept {
    static constinit thread_local State current{false, false, false, 0, 0, 0};
    return current;
  }
};

}  // namespace lamina
