#pragma once
#include <Eigen/Core>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "lamina/core/memory.hpp"
#include "lamina/core/shape.hpp"

namespace lamina {

/// An integral or floating-point type.
template <class T>
concept Arithmetic = std::is_arithmetic_v<T>;

/// The scalar type of tensors: float or double.
template <class T>
concept Real = std::same_as<T, float> || std::same_as<T, double>;

namespace detail {
struct TensorAccess;
template <class Derived>
std::true_type is_eigen(const Eigen::DenseBase<Derived>*);
std::false_type is_eigen(...);
}  // namespace detail

namespace detail {
/// One entry of nested braces with numbers of several types: a number or, if Depth > 0, a list of entries.
template <class Scalar, int Depth>
struct BracedEntry {
  template <Arithmetic T>
  BracedEntry(T value) : number(static_cast<Scalar>(value)) {}  // NOLINT
  BracedEntry(std::initializer_list<BracedEntry<Scalar, Depth - 1>> entries) : list(entries), is_list(true) {}
  Scalar number = 0;
  std::initializer_list<BracedEntry<Scalar, Depth - 1>> list;
  bool is_list = false;
};
template <class Scalar>
struct BracedEntry<Scalar, 0> {
  template <Arithmetic T>
  BracedEntry(T value) : number(static_cast<Scalar>(value)) {}  // NOLINT
  BracedEntry(std::initializer_list<Scalar>) = delete;          // braces are nested at most three deep
  Scalar number = 0;
  static constexpr bool is_list = false;
};
}  // namespace detail

/// Any dense Eigen matrix, array or expression.
template <class T>
concept EigenDense = decltype(detail::is_eigen(static_cast<std::remove_cvref_t<T>*>(nullptr)))::value;

/// An N-dimensional array (rank 0 to 8), row-major, batch axis first, channels last.
///
/// A tensor is a reference-counted handle. Copies share the elements, and no operation changes them, so that a copy
/// made in an earlier step keeps its values. The `mutable_...` accessors return writable memory: the tensor's own if no
/// other handle refers to it, otherwise a private copy.
///
///     Tensor a{{1, 2}, {3, 4}};                      // float, shape (2, 2)
///     Tensor b = Eigen::MatrixXf::Random(32, 8);     // any Eigen expression; a column vector gives rank 1
///     auto v = Tensor<float>::view(pointer, {32, 8}); // no copy: row-major memory that outlives the tensor
///     a.matrix() * b.matrix().transpose();           // Eigen maps, no copy
template <class Scalar = float>
class Tensor {
  static_assert(Real<Scalar>, "a Tensor has elements of type float or double: convert other numbers first");

 public:
  using scalar_type = Scalar;                                                             ///< Type of elements.
  using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  ///< Row-major matrix.
  using Array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;                                  ///< 1-D array.

  /// An undefined tensor: `defined()` is false.
  constexpr Tensor() noexcept {}  // NOLINT: a defaulted constructor would first set all of the object to 0

  /// A scalar tensor, of rank 0.
  template <Arithmetic T>
  Tensor(T value) : Tensor(Shape(), memory_for({})) {  // NOLINT: implicit, so that numbers convert to tensors
    *writable() = static_cast<Scalar>(value);
  }

  /// A tensor of rank 1.
  template <Arithmetic T>
  Tensor(std::initializer_list<T> values) : Tensor(empty({static_cast<Index>(values.size())})) {
    Scalar* out = writable();
    for (T value : values) *out++ = static_cast<Scalar>(value);
  }
  /// A tensor of rank 2. Throws ShapeError if the rows differ in length.
  template <Arithmetic T>
  Tensor(std::initializer_list<std::initializer_list<T>> rows) {
    const Index columns = rows.size() == 0 ? 0 : static_cast<Index>(rows.begin()->size());
    *this = empty({static_cast<Index>(rows.size()), columns});
    Scalar* out = writable();
    for (const auto& row : rows) {
      check_regular(static_cast<Index>(row.size()), columns);
      for (T value : row) *out++ = static_cast<Scalar>(value);
    }
  }
  /// A tensor of rank 3. Throws ShapeError if the nested lists differ in length.
  template <Arithmetic T>
  Tensor(std::initializer_list<std::initializer_list<std::initializer_list<T>>> planes) {
    const Index rows = planes.size() == 0 ? 0 : static_cast<Index>(planes.begin()->size());
    const Index columns = rows == 0 ? 0 : static_cast<Index>(planes.begin()->begin()->size());
    *this = empty({static_cast<Index>(planes.size()), rows, columns});
    Scalar* out = writable();
    for (const auto& plane : planes) {
      check_regular(static_cast<Index>(plane.size()), rows);
      for (const auto& row : plane) {
        check_regular(static_cast<Index>(row.size()), columns);
        for (T value : row) *out++ = static_cast<Scalar>(value);
      }
    }
  }

  /// A tensor of numbers of several types, nested up to three deep: `Tensor<float>{{1, 2.5f}, {3.0, 4}}`. Throws
  /// ShapeError if nested lists differ in length or depth.
  Tensor(std::initializer_list<detail::BracedEntry<Scalar, 2>> entries) {
    Shape shape;
    add_axes(shape, entries);
    *this = empty(shape);
    copy_entries(writable(), shape.begin(), shape.end(), entries);
  }

  /// Copies an Eigen expression and converts its numbers. Shape: (rows, columns), or (rows,) for a column vector.
  template <EigenDense Expression>
  Tensor(const Expression& expression) {  // NOLINT: implicit, so that Eigen expressions convert to tensors
    constexpr bool vector = Expression::ColsAtCompileTime == 1;
    const Index rows = expression.rows(), columns = expression.cols();
    *this = empty(vector ? Shape{rows} : Shape{rows, columns});
    if constexpr (std::is_base_of_v<Eigen::ArrayBase<Expression>, Expression>) {
      Eigen::Map<Matrix>(writable(), rows, columns) = expression.matrix().template cast<Scalar>();
    } else {
      Eigen::Map<Matrix>(writable(), rows, columns) = expression.template cast<Scalar>();
    }
  }

  /// Returns a tensor with uninitialized elements. Throws ShapeError for an unknown or too large shape.
  static LAMINA_NOINLINE Tensor empty(const Shape& shape) { return Tensor(shape, memory_for(shape)); }
  /// Returns a tensor with all elements equal to `value`.
  static Tensor full(const Shape& shape, Scalar value) {
    Tensor result = empty(shape);
    Scalar* out = result.writable();
    for (Index i = 0, n = result.size(); i < n; ++i) out[i] = value;
    return result;
  }
  /// Returns a tensor of zeros.
  static Tensor zeros(const Shape& shape) {
    Tensor result = empty(shape);
    std::memset(result.writable(), 0, static_cast<std::size_t>(result.size()) * sizeof(Scalar));
    return result;
  }
  static Tensor ones(const Shape& shape) { return full(shape, Scalar(1)); }  ///< Returns a tensor of ones.
  /// Copies `shape.size()` row-major numbers of any arithmetic type.
  template <Arithmetic T>
  static Tensor from(const T* values, const Shape& shape) {
    Tensor result = empty(shape);
    Scalar* out = result.writable();
    for (Index i = 0, n = result.size(); i < n; ++i) out[i] = static_cast<Scalar>(values[i]);
    return result;
  }
  /// Returns a view of row-major memory. The caller owns the memory, and must keep it alive and unchanged.
  static Tensor view(const Scalar* data, const Shape& shape) {
    Index elements = 0;
    if (!shape.count(elements)) [[unlikely]]
      static_cast<void>(checked_size(shape));
    Tensor result;
    result.shape_ = shape;
    result.data_ = const_cast<Scalar*>(data);  // never written: a view's storage is not unique
    return result;
  }

  bool defined() const noexcept { return data_ != nullptr; }  ///< False for a default-constructed tensor.
  const Shape& shape() const noexcept { return shape_; }      ///< The sizes of the axes.
  Index rank() const noexcept { return shape_.rank(); }       ///< The number of axes.
  /// The number of elements.
  Index size() const noexcept { return data_ == nullptr ? 0 : shape_.known_size(); }
  /// The size of the last axis; 1 for rank 0.
  Index columns() const noexcept { return rank() == 0 ? 1 : shape_.end()[-1]; }
  /// The product of the sizes of all axes but the last; 1 for rank 0.
  Index rows() const noexcept {
    Index product = rank() < 2 ? 1 : shape_.begin()[0];
    for (Index i = 1; i + 1 < rank(); ++i) {
      detail::one_by_one(i);
      product *= shape_.begin()[i];
    }
    return product;
  }

  const Scalar* data() const noexcept { return data_; }  ///< The elements in row-major order.
  /// The elements, writable. Makes a private copy first if they are shared. Gradient tapes no longer track the tensor.
  LAMINA_ALWAYS_INLINE Scalar* mutable_data() {
    if (!storage_.is_plain()) [[unlikely]]
      make_plain();
    trace_ = 0;
    return data_;
  }
  /// The elements as an Eigen matrix of `rows()` by `columns()`: all leading axes by the last one. No copy.
  Eigen::Map<const Matrix> matrix() const { return {data_, rows(), columns()}; }
  Eigen::Map<Matrix> mutable_matrix() { return {mutable_data(), rows(), columns()}; }  ///< See mutable_data.
  Eigen::Map<const Array> array() const { return {data_, size()}; }       ///< The elements as a flat Eigen array.
  Eigen::Map<Array> mutable_array() { return {mutable_data(), size()}; }  ///< See mutable_data.

  /// The element at an index: `t(1, 2)`. Throws ShapeError if the number of indices is not the rank, or an index is out
  /// of range.
  template <std::integral... Integer>
  Scalar operator()(Integer... position) const {
    const Index at[] = {static_cast<Index>(position)..., 0};
    return data_[offset(at, sizeof...(position))];
  }
  /// The element of a tensor of size 1. Throws ShapeError for other sizes.
  Scalar item() const {
    if (size() != 1) raise<ShapeError>("item: expected a tensor of one element, got shape ", shape_);
    return *data_;
  }
  /// Element `i` in row-major order, unchecked.
  Scalar operator[](Index i) const noexcept { return data_[i]; }

  /// Returns a copy that owns its elements.
  Tensor copy() const {
    Tensor result = empty(shape_);
    if (size() > 0) std::memcpy(result.data_, data_, static_cast<std::size_t>(size()) * sizeof(Scalar));
    return result;
  }
  /// Returns the tensor with elements converted to another scalar type. Not differentiable.
  template <class Other>
  Tensor<Other> cast() const {
    if constexpr (std::is_same_v<Other, Scalar>)
      return detached();
    else
      return Tensor<Other>::from(data_, shape_);
  }
  /// Returns a tensor that shares the elements and that gradient tapes do not track.
  Tensor detached() const {
    Tensor result = *this;
    result.trace_ = 0;
    return result;
  }
  /// Returns the rows [first, last) of the first axis, without a copy. Not differentiable: use `slice` for that. Throws
  /// ShapeError if the range is invalid.
  Tensor rows_view(Index first, Index last) const {
    if (rank() == 0 || first < 0 || last < first || last > shape_.front())
      raise<ShapeError>("rows_view: the range [", first, ", ", last, ") is out of range for shape ", shape_);
    Tensor result = detached();
    const Index each = shape_.front() == 0 ? 0 : size() / shape_.front();
    result.data_ += first * each;
    result.shape_[0] = last - first;
    return result;
  }

  /// The elements as NumPy prints them, in nested brackets. Long axes are abbreviated.
  std::string to_string() const;

 private:
  friend struct detail::TensorAccess;
  template <class>
  friend class Tensor;

  LAMINA_ALWAYS_INLINE Tensor(const Shape& shape, detail::Block* block) noexcept
      : shape_(shape), data_(static_cast<Scalar*>(block->memory())), storage_(block) {}

  static LAMINA_ALWAYS_INLINE detail::Block* memory_for(const Shape& shape) {
    Index size = 0;
    detail::MemoryPool* pool = detail::MemoryPool::known();
    if (pool == nullptr || !shape.count(size)) [[unlikely]]
      return new_memory_for(shape);
    detail::Block* block = pool->take_cached(static_cast<std::size_t>(size) * sizeof(Scalar));
    if (block == nullptr) [[unlikely]]
      return new_memory_for(shape);
    return block;
  }
  LAMINA_COLD static detail::Block* new_memory_for(const Shape& shape) {
    const std::size_t bytes = static_cast<std::size_t>(checked_size(shape)) * sizeof(Scalar);
    detail::Block* block = detail::MemoryPool::of_this_thread().take_if_possible(bytes);
    if (block == nullptr)
      raise<StateError>("out of memory: the allocation of a tensor of shape ", shape, " (", bytes,
                        " bytes) failed. Use smaller batches or a smaller model.");
    return block;
  }
  LAMINA_COLD static Index checked_size(const Shape& shape) {
    const Index size = shape.size();
    if (size == unknown_size) raise<ShapeError>("tensor: expected a known shape, got ", shape);
    return size;
  }
  LAMINA_COLD void make_plain() {
    if (!storage_.is_unique()) *this = copy();
    storage_.forget_rows();
  }
  Scalar* writable() noexcept { return data_; }
  static void check_regular(Index got, Index expected) {
    if (got != expected)
      raise<ShapeError>("tensor: nested lists must be equally long: expected ", expected, ", got ", got);
  }
  // Appends the sizes of nested lists, taken from the first list on each level. `copy_entries` checks the others.
  template <int Depth>
  static void add_axes(Shape& shape, std::initializer_list<detail::BracedEntry<Scalar, Depth>> entries) {
    shape.push_back(static_cast<Index>(entries.size()));
    if constexpr (Depth > 0)
      if (entries.size() > 0 && entries.begin()->is_list) add_axes(shape, entries.begin()->list);
  }
  template <int Depth>
  static Scalar* copy_entries(Scalar* out, const Index* axis, const Index* end,
                              std::initializer_list<detail::BracedEntry<Scalar, Depth>> entries) {
    check_regular(static_cast<Index>(entries.size()), *axis);
    for (const auto& entry : entries) {
      if (entry.is_list != (axis + 1 < end))
        raise<ShapeError>("tensor: nested lists must be equally deep: expected ",
                          axis + 1 < end ? "a list" : "a number", ", got ", entry.is_list ? "a list" : "a number");
      if constexpr (Depth > 0)
        if (entry.is_list) {
          out = copy_entries(out, axis + 1, end, entry.list);
          continue;
        }
      *out++ = entry.number;
    }
    return out;
  }
  Index offset(const Index* position, std::size_t count) const {
    if (static_cast<Index>(count) != rank())
      raise<ShapeError>("tensor: expected ", rank(), " indices for shape ", shape_, ", got ",
                        static_cast<Index>(count));
    Index at = 0;
    for (Index axis = 0; axis < rank(); ++axis) {
      if (position[axis] < 0 || position[axis] >= shape_[axis])
        raise<ShapeError>("tensor: index ", position[axis], " is out of range for axis ", axis, " of shape ", shape_);
      at = at * shape_[axis] + position[axis];
    }
    return at;
  }

  Shape shape_{0};
  Scalar* data_ = nullptr;
  std::uint64_t trace_ = 0;  // identifies the value on the thread's gradient tapes; 0: not recorded
  detail::Storage storage_;  // last member: an assignment frees memory at the end
};

/// Deduces Tensor<double> from double, Tensor<float> from other types.
template <Arithmetic T>
Tensor(std::initializer_list<T>) -> Tensor<std::conditional_t<std::is_same_v<T, double>, double, float>>;
/// Deduces Tensor<double> from double, Tensor<float> from other types.
template <Arithmetic T>
Tensor(std::initializer_list<std::initializer_list<T>>)
    -> Tensor<std::conditional_t<std::is_same_v<T, double>, double, float>>;
/// Deduces Tensor<double> from double, Tensor<float> from other types.
template <Arithmetic T>
Tensor(std::initializer_list<std::initializer_list<std::initializer_list<T>>>)
    -> Tensor<std::conditional_t<std::is_same_v<T, double>, double, float>>;
/// Deduces Tensor<double> from double, Tensor<float> from other types.
template <Arithmetic T>
Tensor(T) -> Tensor<std::conditional_t<std::is_same_v<T, double>, double, float>>;
/// Deduces Tensor<double> from double, Tensor<float> from other types.
template <EigenDense E>
Tensor(const E&) -> Tensor<std::conditional_t<std::is_same_v<typename E::Scalar, double>, double, float>>;

}  // namespace lamina

#include "lamina/core/tensor_access.hpp"    // IWYU pragma: export
#include "lamina/core/tensor_printing.hpp"  // IWYU pragma: export
