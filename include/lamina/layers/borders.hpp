#pragma once
#include <array>
#include <initializer_list>

#include "lamina/core/config.hpp"
#include "lamina/core/shape.hpp"

namespace lamina {

/// How much is put before and after an axis, or taken off there. One number stands for both.
struct Border {
  Border() noexcept {}
  Border(Index both) noexcept : before(both), after(both) {}  // NOLINT
  Border(Index first, Index second) noexcept : before(first), after(second) {}
  Index before = 0, after = 0;
};

/// A Border for each of `Rank` axes: `1` for all of them, `{1, 2}` for one each, `{{1, 2}, {0, 3}}` for every side.
/// With one axis `{1, 2}` is what comes before and after it, as in Keras.
template <int Rank>
class Borders {
 public:
  Borders(Index all) { sides_.fill(all); }  // NOLINT
  Borders(std::initializer_list<Border> sides) {
    if (Rank == 1 && sides.size() == 2) {
      sides_[0] = {sides.begin()[0].before, sides.begin()[1].before};
      return;
    }
    if (sides.size() != Rank) raise<ValueError>("expected a border for each of ", Rank, " axes, got ", sides.size());
    std::copy(sides.begin(), sides.end(), sides_.begin());
  }

  const Border& operator[](Index axis) const noexcept { return sides_[static_cast<std::size_t>(axis)]; }
  void require_not_negative(const char* who) const {
    for (const Border& side : sides_)
      if (side.before < 0 || side.after < 0)
        raise<ValueError>(who, ": expected numbers >= 0, got ", side.before, " and ", side.after);
  }

  /// As Keras writes it: [before, after] for one axis, a list of these for several.
  Config to_config() const {
    Config all = Config::list();
    for (const Border& side : sides_) {
      Config pair = Config::list();
      pair.push_back(side.before);
      pair.push_back(side.after);
      if (Rank == 1) return pair;
      all.push_back(std::move(pair));
    }
    return all;
  }
  void from_config(const Config& config) {
    if (!config.is_list()) {
      sides_.fill(config.as_integer());
    } else if (Rank == 1) {
      sides_[0] = pair(config);
    } else {
      if (config.size() != Rank)
        raise<ValueError>("expected a border for each of ", Rank, " axes, got ", config.size());
      for (std::size_t i = 0; i < Rank; ++i)
        sides_[i] = config[i].is_list() ? pair(config[i]) : Border(config[i].as_integer());
    }
  }

 private:
  static Border pair(const Config& config) {
    if (config.size() != 2) raise<ValueError>("expected two numbers, before and after, got ", config.size());
    return {config[0].as_integer(), config[1].as_integer()};
  }
  std::array<Border, static_cast<std::size_t>(Rank)> sides_;
};

}  // namespace lamina
