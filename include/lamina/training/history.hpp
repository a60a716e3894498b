#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/core/list.hpp"
#include "lamina/core/names.hpp"
#include "lamina/core/shape.hpp"

namespace lamina {

/// The values of one step or epoch by name, in the order of insertion: the loss, then the metrics. Keras: the
/// dictionary `logs`.
class Logs {
 public:
  /// Sets the value of a name. Appends a new name.
  void set(std::string_view name, double value) {
    for (auto& [known, v] : entries_)
      if (known == name) {
        v = value;
        return;
      }
    add(name, value);
  }
  /// Returns whether a name has a value.
  bool contains(std::string_view name) const noexcept {
    for (const auto& entry : entries_)
      if (entry.first == name) return true;
    return false;
  }
  /// Returns the value of a name. Throws ValueError, which lists the known names, if there is none.
  double operator[](std::string_view name) const {
    for (const auto& [known, v] : entries_)
      if (known == name) return v;
    List<std::string_view> names;
    for (const auto& entry : entries_) names.push_back(entry.first);
    raise_unknown_name("log", name, names);
  }
  /// Returns an iterator to the first pair of name and value.
  auto begin() const noexcept { return entries_.begin(); }
  /// Returns the end iterator.
  auto end() const noexcept { return entries_.end(); }
  /// Returns the number of values.
  std::size_t size() const noexcept { return entries_.size(); }

  /// Returns the values as Keras prints them: `loss: 0.2195 - accuracy: 0.9353`.
  LAMINA_COLD std::string to_string() const {
    std::string text;
    for (const auto& [name, value] : entries_) {
      using detail::NumberStyle;
      const bool fixed = value > 1e-3 || value < -1e-3 || value == 0;
      text += (text.empty() ? "" : " - ") + name + ": " +
              detail::print_number(value, 4, fixed ? NumberStyle::fixed : NumberStyle::scientific);
    }
    return text;
  }

 private:
  LAMINA_COLD void add(std::string_view name, double value) { entries_.emplace_back(name, value); }
  List<std::pair<std::string, double>> entries_;
};

/// The loss and the metrics of every epoch, returned by `fit`. `history["loss"]` has one value per trained epoch,
/// `history["val_loss"]` one per epoch with validation; see `epochs_of`. Keras: `keras.callbacks.History`.
class History {
 public:
  /// Returns the values of a name, such as "loss", "accuracy" or "val_loss", in the order of the epochs. Throws
  /// ValueError, which lists the known names, if there is none.
  const std::vector<double>& operator[](std::string_view name) const {
    for (const auto& [known, values] : columns_)
      if (known == name) return values;
    List<std::string_view> names;
    for (const auto& column : columns_) names.push_back(column.first);
    raise_unknown_name("history entry", name, names);
  }
  /// Returns the epoch, counted from 0, of each value of a name. Throws ValueError for an unknown name.
  const std::vector<Index>& epochs_of(std::string_view name) const {
    const std::vector<double>& values = (*this)[name];
    for (std::size_t i = 0;; ++i)
      if (&columns_[i].second == &values) return measured_[i];
  }
  /// Returns whether any epoch has a value of the name.
  bool contains(std::string_view name) const noexcept {
    for (const auto& column : columns_)
      if (column.first == name) return true;
    return false;
  }
  /// Returns the trained epochs, counted from 0.
  const std::vector<Index>& epoch() const noexcept { return epochs_; }
  /// Returns an iterator to the first pair of name and values.
  auto begin() const noexcept { return columns_.begin(); }
  /// Returns the end iterator.
  auto end() const noexcept { return columns_.end(); }

  /// Reserves memory for a number of epochs.
  void reserve(Index epochs) { expected_ = epochs > 0 ? static_cast<std::size_t>(epochs) : 0; }
  /// Appends the logs of an epoch.
  void append(Index epoch, const Logs& logs) {
    epochs_.push_back(epoch);
    std::size_t i = 0;
    for (const auto& [name, value] : logs) {
      if (i == columns_.size() || columns_[i].first != name) i = column(name);
      measured_[i].push_back(epoch);
      columns_[i++].second.push_back(value);
    }
  }

 private:
  LAMINA_COLD std::size_t column(const std::string& name) {
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].first == name) return i;
    columns_.emplace_back(name, std::vector<double>());
    columns_.back().second.reserve(expected_);
    measured_.emplace_back().reserve(expected_);
    epochs_.reserve(expected_);
    return columns_.size() - 1;
  }
  std::vector<Index> epochs_;
  std::vector<std::pair<std::string, std::vector<double>>> columns_;
  std::vector<std::vector<Index>> measured_;  // the epoch of each value of each column
  std::size_t expected_ = 0;
};

}  // namespace lamina
