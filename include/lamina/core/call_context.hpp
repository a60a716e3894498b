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

  /// True while a checkpoint computes once more what has been computed before. A layer that keeps a state from call to
  /// call (a moving average, say) changes it only where this is false.
  static bool recomputing() noexcept { return state().recomputing; }

  /// The random numbers of this use: another stream for every use, the same ones in every run, whatever the threads.
  static RandomStream random_stream() noexcept {
    State& s = state();
    return s.repeats ? RandomStream(s.seed, s.first_stream + s.uses++) : next_random_stream();
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
    LAMINA_COLD DryRun() noexcept : training_(state().training), before_(state().dry_run) {
      state().training = false;
      state().dry_run = true;
    }
    LAMINA_COLD ~DryRun() {
      state().training = training_;
      state().dry_run = before_;
    }
    DryRun(const DryRun&) = delete;
    DryRun& operator=(const DryRun&) = delete;

   private:
    bool training_, before_;
  };

  /// What the calls on this thread may ask about.
  struct State {
    bool training = false;
    bool recomputing = false;
    bool dry_run = false;
    bool repeats = false;  // whether random streams are numbered from `first_stream` on, and so may be had again
    std::uint64_t seed = 0, first_stream = 0, uses = 0;
  };

  /// For a scope: calls belong to step `step` of a training loop, whose random numbers are keyed by its seed and the
  /// step.
  class Step {
   public:
    Step(std::uint64_t seed, std::uint64_t step) noexcept : before_(state()) {
      state() = {before_.training, before_.recomputing, before_.dry_run, true, seed, step_streams + (step << 20), 0};
    }
    ~Step() { state() = before_; }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    State before_;
  };

  /// The state now, from which a `Scope` can begin more than once and find the same random numbers: those of the step,
  /// or outside of one, streams of their own.
  static State repeatable() noexcept {
    State s = state();
    if (!s.repeats) {
      const RandomStream own = next_random_stream();
      s = {s.training, s.recomputing, s.dry_run, true, random_seed(), block_streams + (own.stream() << 20), 0};
    }
    return s;
  }
  /// For a scope: calls find this state, for the first time or (`again`) in order to compute the same once more.
  class Scope {
   public:
    Scope(const State& begin, bool again) noexcept : before_(state()) {
      state() = begin;
      state().recomputing = begin.recomputing || again;
    }
    ~Scope() {
      // Of the step's streams none is given away twice.
      const State& now = state();
      if (before_.repeats && now.seed == before_.seed && now.first_stream == before_.first_stream &&
          now.uses > before_.uses)
        before_.uses = now.uses;
      state() = before_;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    State before_;
  };

 private:
  // The streams of training steps, and of blocks that may be computed again, lie apart from those of the program's
  // seed.
  static constexpr std::uint64_t step_streams = std::uint64_t{1} << 63, block_streams = std::uint64_t{1} << 62;
  static State& state() noexcept {
    static constinit thread_local State current{};
    return current;
  }
};

}  // namespace lamina
