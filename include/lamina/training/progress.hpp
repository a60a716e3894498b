#pragma once
#include <cstdio>
#include <string>

#include "lamina/core/clock.hpp"
#include "lamina/core/print.hpp"
#include "lamina/training/history.hpp"

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

namespace lamina {

/// Prints the progress of `fit` and `evaluate` to stdout. Verbose 0: nothing. 1: a progress bar on a terminal, one line
/// per epoch otherwise. 2: one line per epoch. Keras: `keras.utils.Progbar`.
class Progress {
 public:
  /// Starts the clock. `steps`: number of batches per epoch; 0 if unknown.
  Progress(int verbose, Index steps) : verbose_(verbose), steps_(steps), live_(verbose == 1 && is_terminal()) {
    if (verbose_ != 0) start_ = last_shown_ = detail::seconds_now();
  }

  /// Returns whether a progress bar is printed.
  bool shows_bar() const noexcept { return live_; }
  /// Prints the number of the epoch, counted from 0, and the number of epochs.
  void begin_epoch(Index epoch, Index epochs) const {
    if (verbose_ == 0) return;
    detail::print("Epoch ", epoch + 1, "/", epochs, "\n");
    std::fflush(stdout);
  }

  /// Returns whether to update the bar now: at most 20 times per second, so that the cost is negligible.
  bool due() {
    if (!live_) return false;
    const double now = detail::seconds_now();
    if (now - last_shown_ < 0.05) return false;
    last_shown_ = now;
    return true;
  }
  /// Prints the bar again, after `done` batches.
  void update(Index done, const Logs& logs) {
    detail::print("\r\033[K", text(done, logs, true));
    std::fflush(stdout);
  }
  /// Prints the last line of the epoch, after `done` batches.
  void finish(Index done, const Logs& logs) {
    if (verbose_ == 0) return;
    detail::print(live_ ? "\r\033[K" : "", text(done, logs, false), "\n");
    std::fflush(stdout);
  }

 private:
  LAMINA_COLD static bool is_terminal() noexcept {
#if defined(_WIN32)
    return _isatty(_fileno(stdout)) != 0;
#else
    return isatty(fileno(stdout)) != 0;
#endif
  }

  LAMINA_COLD std::string text(Index done, const Logs& logs, bool running) const {
    const double seconds = detail::seconds_now() - start_;
    const double each = done > 0 ? seconds / static_cast<double>(done) : 0;
    std::string line = steps_ > 0 ? std::to_string(done) + "/" + std::to_string(steps_) : std::to_string(done);
    if (verbose_ == 1) {
      constexpr Index width = 20;
      const Index filled = steps_ > 0 ? width * done / steps_ : (running ? 0 : width);
      line += ' ';
      for (Index i = 0; i < width; ++i)
        line += i < filled ? "\xe2\x94\x81" : (live_ ? "\033[90m\xe2\x94\x81\033[0m" : " ");
      line += ' ';
      line += running && steps_ > 0 ? whole_seconds(each * static_cast<double>(steps_ - done)) + " left"
                                    : whole_seconds(seconds);
      line += ' ';
    } else {
      line += " - " + whole_seconds(seconds) + " - ";
    }
    line += step_time(each);
    return logs.size() == 0 ? line : line + " - " + logs.to_string();
  }
  LAMINA_COLD static std::string whole_seconds(double seconds) {
    const auto whole = static_cast<long long>(seconds + 0.5);
    if (whole < 60) return std::to_string(whole) + "s";
    const std::string rest = std::to_string(whole % 60);
    return std::to_string(whole / 60) + ":" + (rest.size() == 1 ? "0" + rest : rest);
  }
  LAMINA_COLD static std::string step_time(double seconds) {
    const double unit = seconds >= 1 ? 1 : seconds >= 1e-3 ? 1e-3 : 1e-6;
    return detail::print_number(seconds / unit, 0, detail::NumberStyle::fixed) + (unit == 1      ? "s/step"
                                                                                  : unit == 1e-3 ? "ms/step"
                                                                                                 : "us/step");
  }

  int verbose_;
  Index steps_;
  bool live_;
  double start_ = 0, last_shown_ = 0;
};

}  // namespace lamina
