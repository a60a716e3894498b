#pragma once
#include <cstdint>

#include "lamina/core/random.hpp"

namespace lamina {

/// The state of the current layer call: whether it is for training, and its random numbers. The state belongs to the
/// calling thread, not to the layer, so that one built layer can be called from several threads at once.
class CallContext {
 public:
  /// True if the call is for training: in `fit`, and if a layer is called with `{.training = true}`.
  static bool training() noexcept { return state().training; }
  /// True if the call only infers shapes. Its inputs are placeholder values; layers must not update their state.
  static bool dry_run() noexcept { return state().dry_run; }

  /// True while a checkpointed block is computed again, for its backward pass. A layer that updates a state in every
  /// call (such as a moving average) must update it only if this is false.
  static bool recomputing() noexcept { return state().recomputing; }

  /// Returns a random stream that differs from that of every other call. The streams of a run do not depend on the
  /// number of threads and are the same in every run.
  static RandomStream random_stream() noexcept {
    State& s = state();
    return s.repeats ? RandomStream(s.seed, s.first_stream + s.uses++) : next_random_stream();
  }

  /// Sets `training()` for its lifetime.
  class Training {
   public:
    /// Sets `CallContext::training()` to `training`.
    explicit Training(bool training) noexcept : before_(state().training) { state().training = training; }
    ~Training() { state().training = before_; }
    Training(const Training&) = delete;
    Training& operator=(const Training&) = delete;

   private:
    bool before_;
  };

  /// Sets `dry_run()` to true and `training()` to false for its lifetime.
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

  /// The state of the calls on one thread.
  struct State {
    bool training = false;     ///< See `CallContext::training`.
    bool recomputing = false;  ///< See `CallContext::recomputing`.
    bool dry_run = false;      ///< See `CallContext::dry_run`.
    bool repeats = false;      ///< If true, random streams are numbered from `first_stream`, and can be reproduced.
    std::uint64_t seed = 0;    ///< The seed of the random streams, if `repeats`.
    std::uint64_t first_stream = 0;  ///< The number of the first random stream, if `repeats`.
    std::uint64_t uses = 0;          ///< The number of random streams used so far, if `repeats`.
  };

  /// For its lifetime, calls belong to one step of a training loop: their random numbers depend on `seed` and `step`
  /// only.
  class Step {
   public:
    /// `seed`: the seed of the training loop. `step`: the number of the step.
    Step(std::uint64_t seed, std::uint64_t step) noexcept : before_(state()) {
      state() = {before_.training, before_.recomputing, before_.dry_run, true, seed, step_streams + (step << 20), 0};
    }
    ~Step() { state() = before_; }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    State before_;
  };

  /// Returns the current state. Each `Scope` that starts from it gets the same random streams: those of the current
  /// training step, or new ones if there is none.
  static State repeatable() noexcept {
    State s = state();
    if (!s.repeats) {
      const RandomStream own = next_random_stream();
      s = {s.training, s.recomputing, s.dry_run, true, random_seed(), block_streams + (own.stream() << 20), 0};
    }
    return s;
  }
  /// Sets the state of the calling thread for its lifetime.
  class Scope {
   public:
    /// `begin`: a state from `repeatable`. `again`: true if the calls recompute earlier ones. See `recomputing`.
    Scope(const State& begin, bool again) noexcept : before_(state()) {
      state() = begin;
      state().recomputing = begin.recomputing || again;
    }
    ~Scope() {
      // The streams used in this scope are not used again by the enclosing step.
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
  // The streams of training steps, and those of recomputable blocks, are disjoint from the streams of the global seed.
  static constexpr std::uint64_t step_streams = std::uint64_t{1} << 63, block_streams = std::uint64_t{1} << 62;
  static State& state() noexcept {
    static constinit thread_local State current{};
    return current;
  }
};

}  // namespace lamina
