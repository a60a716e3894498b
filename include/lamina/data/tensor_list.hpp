#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lamina/ops/operand.hpp"

namespace lamina {

/// One tensor, or several tensors in order or by name: the inputs or outputs of a model. Where a Tensor is expected, it
/// is its first tensor.
///
///     model.fit({images, words}, y);
///     model.fit({{"images", images}, {"words", words}}, {{"class", y}});
template <class Scalar = float>
class TensorList : public Tensor<Scalar> {
 public:
  /// The scalar type of the tensors.
  using scalar_type = Scalar;
  /// An empty list.
  TensorList() = default;
  /// A list of one tensor.
  TensorList(Tensor<Scalar> only) : Tensor<Scalar>(std::move(only)) {}  // NOLINT: implicit, as all constructors here
  /// A list of one tensor, from an Eigen matrix or expression.
  template <EigenDense Expression>
  TensorList(const Expression& only) : Tensor<Scalar>(only) {}  // NOLINT
  /// A list of tensors in order.
  TensorList(std::vector<Tensor<Scalar>> tensors) {  // NOLINT
    if (tensors.empty()) return;
    static_cast<Tensor<Scalar>&>(*this) = std::move(tensors.front());
    rest_.assign(std::make_move_iterator(tensors.begin() + 1), std::make_move_iterator(tensors.end()));
  }
  /// A list of tensors in order.
  template <std::same_as<Tensor<Scalar>> T>
  TensorList(std::initializer_list<T> tensors) : TensorList(std::vector<T>(tensors)) {}  // NOLINT
  /// A named tensor.
  struct Entry {
    std::string name;       ///< Name of an input or output of the model.
    Tensor<Scalar> tensor;  ///< Its value.
  };
  /// A list of tensors by name.
  TensorList(std::initializer_list<Entry> entries) {  // NOLINT
    for (const Entry& e : entries) {
      if (names_.empty())
        static_cast<Tensor<Scalar>&>(*this) = e.tensor;
      else
        rest_.push_back(e.tensor);
      names_.push_back(e.name);
    }
  }

  /// Returns the number of tensors; 0 for a single undefined tensor.
  std::size_t count() const noexcept { return this->defined() || !rest_.empty() ? 1 + rest_.size() : 0; }
  /// Returns tensor i, with 0 <= i < count().
  const Tensor<Scalar>& at(std::size_t i) const { return i == 0 ? *this : rest_[i - 1]; }
  /// Returns tensor i, with 0 <= i < count().
  Tensor<Scalar>& at(std::size_t i) { return i == 0 ? *this : rest_[i - 1]; }
  /// Appends a tensor without a name.
  void append(Tensor<Scalar> tensor) {
    if (count() == 0)
      static_cast<Tensor<Scalar>&>(*this) = std::move(tensor);
    else
      rest_.push_back(std::move(tensor));
  }
  /// Returns the tensors in order.
  std::vector<Tensor<Scalar>> tensors() const {
    std::vector<Tensor<Scalar>> all;
    for (std::size_t i = 0; i < count(); ++i) all.push_back(at(i));
    return all;
  }
  /// Returns the names of the tensors; empty if they have none.
  const std::vector<std::string>& names() const noexcept { return names_; }

  /// Returns the tensors in the order of `wanted`, without names; if the list has no names, returns it unchanged. `who`
  /// is a prefix of error texts. Throws ValueError if the names differ from `wanted`.
  LAMINA_COLD TensorList in_order_of(const std::vector<std::string>& wanted, const std::string& who) const {
    if (names_.empty()) return *this;
    if (wanted.size() != names_.size())
      raise<ValueError>(who, "expected ", wanted.size(), " named tensors, got ", names_.size());
    TensorList ordered;
    for (const std::string& name : wanted) {
      std::size_t i = 0;
      while (i < names_.size() && names_[i] != name) ++i;
      if (i == names_.size()) {
        std::string given;
        for (const std::string& n : names_) given += (given.empty() ? "\"" : ", \"") + n + "\"";
        raise<ValueError>(who, "expected a tensor with the name \"", name, "\", got only ", given);
      }
      if (&name == &wanted.front())
        static_cast<Tensor<Scalar>&>(ordered) = at(i);
      else
        ordered.rest_.push_back(at(i));
    }
    return ordered;
  }
  /// Returns this list with the names of another list, which has the same count.
  TensorList with_names_of(const TensorList& other) && {
    names_ = other.names_;
    return std::move(*this);
  }
  /// Returns the list of f(tensor) for each defined tensor; undefined tensors stay undefined.
  template <class F>
  TensorList transformed(const F& f) const {
    TensorList result;
    transform_into(result, f);
    return result;
  }
  /// Same as `transformed`, but writes to `result`, whose memory is reused.
  template <class F>
  void transform_into(TensorList& result, const F& f) const {
    transform(result, &f, [](const void* function, const Tensor<Scalar>& t) -> Tensor<Scalar> {
      return (*static_cast<const F*>(function))(t);
    });
  }

 private:
  using Transform = Tensor<Scalar> (*)(const void* function, const Tensor<Scalar>& t);
  LAMINA_NOINLINE void transform(TensorList& result, const void* function, Transform f) const {
    static_cast<Tensor<Scalar>&>(result) = this->defined() ? f(function, at(0)) : Tensor<Scalar>();
    result.names_ = names_;
    result.rest_.resize(rest_.size());
    for (std::size_t i = 0; i < rest_.size(); ++i)
      result.rest_[i] = rest_[i].defined() ? f(function, rest_[i]) : Tensor<Scalar>();
  }

  std::vector<Tensor<Scalar>> rest_;
  std::vector<std::string> names_;
};

namespace detail {
template <class S>
struct ScalarOf<TensorList<S>> {
  using type = S;
};
}  // namespace detail

}  // namespace lamina
