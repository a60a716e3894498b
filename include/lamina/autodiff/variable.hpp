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
/// Small integers for variables, so that tapes find them in an array. The number of a destroyed variable is reused.
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

/// A named tensor that training updates, such as a weight. A handle: copies refer to the same variable. Keras:
/// `keras.Variable`.
///
/// A variable converts to its value. Gradient tapes watch it automatically if it is trainable. `assign` never changes a
/// tensor that was read before: it writes in place only if no other handle refers to the value. Functions of a variable
/// that was not created throw StateError.
template <class Scalar = float>
class Variable {
 public:
  using scalar_type = Scalar;  ///< The scalar type: float or double.
  /// A function from the value to a valid value (a constraint), or to a penalty of rank 0 (a regularizer).
  using Function = std::function<Tensor<Scalar>(const Tensor<Scalar>&)>;

  Variable() = default;
  /// Creates a variable. `initial`: its value. `name`: its name. `trainable`: whether training updates it.
  explicit Variable(Tensor<Scalar> initial, std::string name = "variable", bool trainable = true)
      : state_(std::make_shared<State>(std::move(initial), std::move(name), trainable)) {}

  bool defined() const noexcept { return state_ != nullptr; }              ///< False if default-constructed.
  const std::string& name() const { return state().name; }                 ///< The name.
  void rename(std::string name) const { state().name = std::move(name); }  ///< Sets the name.
  /// The name with the names of the layers that contain it: `sequential/dense/kernel`.
  const std::string& path() const { return state().path.empty() ? state().name : state().path; }
  void set_path(std::string path) const { state().path = std::move(path); }          ///< Sets the path.
  LAMINA_ALWAYS_INLINE const Shape& shape() const { return state().value.shape(); }  ///< The shape of the value.
  LAMINA_ALWAYS_INLINE Index size() const { return state().value.size(); }           ///< The number of elements.
  bool trainable() const { return state().trainable; }                               ///< True if training updates it.
  void set_trainable(bool trainable) const { state().trainable = trainable; }        ///< Sets `trainable`.

  /// The function whose result is added to the loss; empty if there is none.
  const Function& regularizer() const { return state().regularizer; }
  /// Sets the regularizer.
  void set_regularizer(Function regularizer) const { state().regularizer = std::move(regularizer); }
  /// The function that is applied to the value after each update; empty if there is none.
  const Function& constraint() const { return state().constraint; }
  /// Sets the constraint.
  void set_constraint(Function constraint) const { state().constraint = std::move(constraint); }

  /// The current value. Open tapes watch it if the variable is trainable.
  Tensor<Scalar> value() const { return borrow().tensor(); }
  /// The current value, see `value`.
  operator Tensor<Scalar>() const { return value(); }  // NOLINT: implicit, so that variables are used as tensors
  /// Like `value`, without an owning handle. Valid during one operation, in which the variable is not assigned.
  detail::Borrowed<Scalar> borrow() const {
    State& s = state();
    if (s.trainable) {
      if (auto* recorder = detail::Recorder<Scalar>::active()) return {s.value, recorder->leaf_of(s.number, s.serial)};
    }
    return {s.value, 0};
  }
  /// See `borrow`.
  operator detail::Borrowed<Scalar>() const { return borrow(); }  // NOLINT
  /// Like `borrow`, but undefined if the variable is.
  detail::Borrowed<Scalar> borrow_if_defined() const { return defined() ? borrow() : detail::Borrowed<Scalar>(); }

  /// Sets the value. Throws ShapeError if the shape differs.
  void assign(const Tensor<Scalar>& value) const {
    State& s = state();
    if (value.shape() != s.value.shape())
      raise<ShapeError>("variable \"", path(), "\", assign: expected shape ", s.value.shape(), ", got ", value.shape());
    s.value = value.copy();
  }
  /// Adds `amount` to the value. Throws ShapeError if the shape differs.
  void assign_add(const Tensor<Scalar>& amount) const {
    State& s = state();
    if (amount.shape() != s.value.shape())
      raise<ShapeError>("variable \"", path(), "\", assign_add: expected shape ", s.value.shape(), ", got ",
                        amount.shape());
    detail::add_in_place(s.value, amount);
  }
  /// The elements, writable for an in-place update. Copies the value first if another handle refers to it.
  LAMINA_ALWAYS_INLINE Scalar* mutable_data() const { return state().value.mutable_data(); }
  /// Like `mutable_data`, but returns null instead of copying the value.
  LAMINA_ALWAYS_INLINE Scalar* data_in_place() const { return detail::TensorAccess::data_in_place(state().value); }
  /// The elements, read-only, without a handle.
  LAMINA_ALWAYS_INLINE const Scalar* data() const { return state().value.data(); }

  /// A small integer that is unique among the existing variables.
  LAMINA_ALWAYS_INLINE std::uint32_t number() const { return state().number; }
  /// An integer that is unique among all variables, including destroyed ones.
  std::uint64_t serial() const { return state().serial; }
  /// True if both refer to the same variable.
  friend bool operator==(const Variable& a, const Variable& b) noexcept { return a.state_ == b.state_; }

  /// Name, shape, dtype and value, as Keras prints a variable.
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
    raise<StateError>("variable: used before it was created. Create it with add_weight in `build`.");
  }
  std::shared_ptr<State> state_;
};

/// Prints a variable as `to_string` formats it.
template <CharacterStream Stream, class S>
Stream& operator<<(Stream& stream, const Variable<S>& variable) {
  const std::string text = variable.to_string();
  stream.write(text.data(), static_cast<std::ptrdiff_t>(text.size()));
  return stream;
}
/// Prints a list of variables, one per line.
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
