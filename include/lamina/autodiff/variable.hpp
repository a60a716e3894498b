#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lamina/autodiff/gradients.hpp"
#include "lamina/core/list.hpp"

namespace lamina {

namespace detail {
/// Small numbers for variables, given back when they end, so that tapes can look them up in an array.
class VariableNumbers {
 public:
  LAMINA_COLD static std::uint32_t take() {
    State& s = state();
    const std::lock_guard lock(s.mutex);
    if (s.free.empty()) return s.next++;
    const std::uint32_t number = s.free.back();
    s.free.pop_back();
    return number;
  }
  LAMINA_COLD static std::uint64_t next_serial() noexcept {
    static std::atomic<std::uint64_t> serial{0};
    return serial.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  LAMINA_COLD static void give_back(std::uint32_t number) {
    State& s = state();
    const std::lock_guard lock(s.mutex);
    s.free.push_back(number);
  }

 private:
  struct State {
    std::mutex mutex;
    List<std::uint32_t> free;
    std::uint32_t next = 0;
  };
  LAMINA_COLD static State& state() {
    static State* s = new State;
    return *s;
  }
};
}  // namespace detail

/// A named tensor that training changes: a weight. A handle: copies are the same variable.
///
/// In an expression it stands for its value. Tapes watch it by themselves while it is trainable. `assign` writes in
/// place where no other handle sees the value, and into new memory otherwise, so a value read before stays what it was.
template <class Scalar = float>
class Variable {
 public:
  using scalar_type = Scalar;
  /// Maps a value to one that is allowed (a constraint), or to a penalty of rank 0 (a regularizer).
  using Function = std::function<Tensor<Scalar>(const Tensor<Scalar>&)>;

  Variable() = default;
  explicit Variable(Tensor<Scalar> initial, std::string name = "variable", bool trainable = true)
      : state_(std::make_shared<State>(std::move(initial), std::move(name), trainable)) {}

  bool defined() const noexcept { return state_ != nullptr; }
  const std::string& name() const { return state().name; }
  void rename(std::string name) const { state().name = std::move(name); }
  /// The name with the layers' it belongs to: `sequential/dense/kernel`.
  const std::string& path() const { return state().path.empty() ? state().name : state().path; }
  void set_path(std::string path) const { state().path = std::move(path); }
  LAMINA_ALWAYS_INLINE const Shape& shape() const { return state().value.shape(); }
  LAMINA_ALWAYS_INLINE Index size() const { return state().value.size(); }
  bool trainable() const { return state().trainable; }
  void set_trainable(bool trainable) const { state().trainable = trainable; }

  /// What this variable adds to the loss, and what is done to it after each update; empty where nothing is.
  const Function& regularizer() const { return state().regularizer; }
  void set_regularizer(Function regularizer) const { state().regularizer = std::move(regularizer); }
  const Function& constraint() const { return state().constraint; }
  void set_constraint(Function constraint) const { state().constraint = std::move(constraint); }

  /// The value now; on a tape, while trainable, it is watched.
  Tensor<Scalar> value() const { return borrow().tensor(); }
  operator Tensor<Scalar>() const { return value(); }  // NOLINT: a variable stands for its value
  /// The same for the time of an operation, in which nobody assigns.
  detail::Borrowed<Scalar> borrow() const {
    State& s = state();
    if (s.trainable) {
      if (auto* recorder = detail::Recorder<Scalar>::active()) return {s.value, recorder->leaf_of(s.number, s.serial)};
    }
    return {s.value, 0};
  }
  operator detail::Borrowed<Scalar>() const { return borrow(); }  // NOLINT: as above
  /// Undefined where the variable is.
  detail::Borrowed<Scalar> borrow_if_defined() const { return defined() ? borrow() : detail::Borrowed<Scalar>(); }

  /// Takes a new value of the same shape.
  void assign(const Tensor<Scalar>& value) const {
    State& s = state();
    if (value.shape() != s.value.shape())
      raise<ShapeError>("variable \"", path(), "\", assign: expected shape ", s.value.shape(), ", got ", value.shape());
    s.value = value.copy();
  }
  void assign_add(const Tensor<Scalar>& amount) const {
    State& s = state();
    if (amount.shape() != s.value.shape())
      raise<ShapeError>("variable \"", path(), "\", assign_add: expected shape ", s.value.shape(), ", got ",
                        amount.shape());
    detail::add_in_place(s.value, amount);
  }
  /// Writable elements for an update in place: the value's own memory where no other handle sees it, a copy otherwise.
  LAMINA_ALWAYS_INLINE Scalar* mutable_data() const { return state().value.mutable_data(); }
  /// The same, but null where a copy would have to be made.
  LAMINA_ALWAYS_INLINE Scalar* data_in_place() const { return detail::TensorAccess::data_in_place(state().value); }
  /// The value's elements, to read without taking a handle.
  LAMINA_ALWAYS_INLINE const Scalar* data() const { return state().value.data(); }

  /// A number that no other living variable has.
  LAMINA_ALWAYS_INLINE std::uint32_t number() const { return state().number; }
  /// A number that no other variable has or will have.
  std::uint64_t serial() const { return state().serial; }
  friend bool operator==(const Variable& a, const Variable& b) noexcept { return a.state_ == b.state_; }

  /// As Keras prints one: name, shape, dtype and value.
  std::string to_string() const {
    return "<Variable path=" + path() + ", shape=" + shape().to_string() +
           ", dtype=" + (sizeof(Scalar) == 4 ? "float32" : "float64") + ", value=" + state().value.to_string() + ">";
  }

 private:
  struct State {
    LAMINA_COLD State(Tensor<Scalar> v, std::string n, bool t)
        : value(v.detached()),
          name(std::move(n)),
          trainable(t),
          number(detail::VariableNumbers::take()),
          serial(detail::VariableNumbers::next_serial()) {}
    ~State() { detail::VariableNumbers::give_back(number); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    Tensor<Scalar> value;
    std::string name, path;
    bool trainable;
    std::uint32_t number;
    std::uint64_t serial;
    Function regularizer, constraint;
  };
  LAMINA_ALWAYS_INLINE State& state() const {
    if (state_ == nullptr) [[unlikely]]
      raise_undefined();
    return *state_;
  }
  [[noreturn]] LAMINA_NOINLINE static void raise_undefined() {
    raise<StateError>("a variable was used before it was created. Create it with add_weight in `build`.");
  }
  std::shared_ptr<State> state_;
};

template <CharacterStream Stream, class S>
Stream& operator<<(Stream& stream, const Variable<S>& variable) {
  const std::string text = variable.to_string();
  stream.write(text.data(), static_cast<std::ptrdiff_t>(text.size()));
  return stream;
}
template <CharacterStream Stream, class S>
Stream& operator<<(Stream& stream, const std::vector<Variable<S>>& variables) {
  std::string text = "[";
  for (std::size_t i = 0; i < variables.size(); ++i) text += (i > 0 ? ",\n " : "") + variables[i].to_string();
  text += "]";
  stream.write(text.data(), static_cast<std::ptrdiff_t>(text.size()));
  return stream;
}

LAMINA_COMPILED_CLASS(Variable);

}  // namespace lamina
