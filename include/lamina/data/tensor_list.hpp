#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lamina/ops/operand.hpp"

namespace lamina {

/// One tensor, or several in order or by name: what a model of several inputs or outputs takes and gives. It is its
/// first tensor wherever one is expected.
///
///     model.fit({images, words}, y);
///     model.fit({{"images", images}, {"words", words}}, {{"class", y}});
template <class Scalar = float>
class TensorList : public Tensor<Scalar> {
 public:
  using scalar_type = Scalar;
  TensorList() = default;
  TensorList(Tensor<Scalar> only) : Tensor<Scalar>(std::move(only)) {}  // NOLINT: a tensor is a list of one
  template <EigenDense Expression>
  TensorList(const Expression& only) : Tensor<Scalar>(only) {}  // NOLINT
  TensorList(std::vector<Tensor<Scalar>> tensors) {             // NOLINT
    if (tensors.empty()) return;
    static_cast<Tensor<Scalar>&>(*this) = std::move(tensors.front());
    rest_.assign(std::make_move_iterator(tensors.begin() + 1), std::make_move_iterator(tensors.end()));
  }
  template <std::same_as<Tensor<Scalar>> T>
  TensorList(std::initializer_list<T> tensors) : TensorList(std::vector<T>(tensors)) {}  // NOLINT
  struct Entry {
    std::string name;
    Tensor<Scalar> tensor;
  };
  TensorList(std::initializer_list<Entry> entries) {  // NOLINT
    for (const Entry& e : entries) {
      if (names_.empty())
        static_cast<Tensor<Scalar>&>(*this) = e.tensor;
      else
        rest_.push_back(e.tensor);
      names_.push_back(e.name);
    }
  }

  /// How many tensors there are; 0 where not even the first is defined.
  std::size_t count() const noexcept { return this->defined() || !rest_.empty() ? 1 + rest_.size() : 0; }
  const Tensor<Scalar>& at(std::size_t i) const { return i == 0 ? *this : rest_[i - 1]; }
  Tensor<Scalar>& at(std::size_t i) { return i == 0 ? *this : rest_[i - 1]; }
  void append(Tensor<Scalar> tensor) {
    if (count() == 0)
      static_cast<Tensor<Scalar>&>(*this) = std::move(tensor);
    else
      rest_.push_back(std::move(tensor));
  }
  std::vector<Tensor<Scalar>> tensors() const {
    std::vector<Tensor<Scalar>> all;
    for (std::size_t i = 0; i < count(); ++i) all.push_back(at(i));
    return all;
  }
  /// Their names, where they were given with names.
  const std::vector<std::string>& names() const noexcept { return names_; }

  /// The tensors in the order of these names, without names of their own; as they are where they have none. `who` is
  /// for errors.
  LAMINA_COLD TensorList in_order_of(const std::vector<std::string>& wanted, const std::string& who) const {
    if (names_.empty()) return *this;
    if (wanted.size() != names_.size())
      raise<ValueError>(who, "expected ", wanted.size(), " tensors, got ", names_.size(), " by name");
    TensorList ordered;
    for (const std::string& name : wanted) {
      std::size_t i = 0;
      while (i < names_.size() && names_[i] != name) ++i;
      if (i == names_.size()) {
        std::string given;
        for (const std::string& n : names_) given += (given.empty() ? "\"" : ", \"") + n + "\"";
        raise<ValueError>(who, "nothing was given for \"", name, "\", only for ", given);
      }
      if (&name == &wanted.front())
        static_cast<Tensor<Scalar>&>(ordered) = at(i);
      else
        ordered.rest_.push_back(at(i));
    }
    return ordered;
  }
  /// The same tensors with the names of another list of as many.
  TensorList with_names_of(const TensorList& other) && {
    names_ = other.names_;
    return std::move(*this);
  }
  /// f(tensor) for every defined tensor; the others stay undefined.
  template <class F>
  TensorList transformed(const F& f) const {
    TensorList result;
    transform_into(result, f);
    return result;
  }
  /// The same into a list that is used again, so that nothing is allocated.
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
