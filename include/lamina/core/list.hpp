#pragma once
#include <cstddef>
#include <initializer_list>
#include <new>
#include <type_traits>
#include <utility>

#include "lamina/core/error.hpp"

namespace lamina {

/// A sequence of values in one block of memory: the part of std::vector that lamina needs.
///
/// It exists for compile time: every element type instantiates the member functions of its container, about fifty for a
/// std::vector, ten for this list. It is used where users do not write the type: for members, and for options, which
/// accept any container of convertible values. The arguments and results of functions that custom layers override
/// (tensors, shapes, variables) are std::vectors.
///
/// Elements must be nothrow-movable. As for std::vector, growing invalidates references to elements, and only `at`
/// checks its index.
template <class T>
class List {
 public:
  using value_type = T;  ///< The type of the elements.

  constexpr List() noexcept {}
  /// A list of `values`.
  List(std::initializer_list<T> values) : List() { append(values.begin(), values.size()); }  // NOLINT: as std::vector
  /// Copies the values of any container with `begin`, `end` and `size`.
  template <class Container>
    requires(!std::is_same_v<std::remove_cvref_t<Container>, List> &&
             requires(const Container& from) {
               T(*from.begin());
               from.end();
               from.size();
             })
  List(const Container& values) : List() {  // NOLINT: implicit, for options
    reserve(values.size());
    for (const auto& value : values) push_back(T(value));
  }
  List(const List& other) : List() { append(other.data_, other.size_); }  ///< Copies the elements.
  constexpr List(List&& other) noexcept { swap(other); }                  ///< Leaves `other` empty.
  /// Copies the elements.
  List& operator=(const List& other) {
    List copied(other);
    swap(copied);
    return *this;
  }
  /// Leaves `other` empty.
  constexpr List& operator=(List&& other) noexcept {
    List moved(std::move(other));
    swap(moved);
    return *this;
  }
  constexpr ~List() {
    if (data_ != nullptr) release();
  }
  /// Exchanges the elements with those of `other`.
  constexpr void swap(List& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  constexpr LAMINA_ALWAYS_INLINE std::size_t size() const noexcept { return size_; }  ///< The number of elements.
  constexpr LAMINA_ALWAYS_INLINE bool empty() const noexcept { return size_ == 0; }   ///< True for no elements.
  LAMINA_ALWAYS_INLINE T& operator[](std::size_t i) noexcept { return data_[i]; }     ///< Element `i`, unchecked.
  /// Element `i`, unchecked.
  LAMINA_ALWAYS_INLINE const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  T& at(std::size_t i) { return data_[checked(i)]; }              ///< Element `i`. Throws ValueError if out of range.
  const T& at(std::size_t i) const { return data_[checked(i)]; }  ///< Element `i`. Throws ValueError if out of range.
  LAMINA_ALWAYS_INLINE T& front() noexcept { return *data_; }     ///< The first element.
  LAMINA_ALWAYS_INLINE const T& front() const noexcept { return *data_; }           ///< The first element.
  LAMINA_ALWAYS_INLINE T& back() noexcept { return data_[size_ - 1]; }              ///< The last element.
  LAMINA_ALWAYS_INLINE const T& back() const noexcept { return data_[size_ - 1]; }  ///< The last element.
  LAMINA_ALWAYS_INLINE T* data() noexcept { return data_; }                         ///< The elements.
  LAMINA_ALWAYS_INLINE const T* data() const noexcept { return data_; }             ///< The elements.
  LAMINA_ALWAYS_INLINE T* begin() noexcept { return data_; }                        ///< Iterator to the first element.
  LAMINA_ALWAYS_INLINE T* end() noexcept { return data_ + size_; }                  ///< Iterator past the last element.
  LAMINA_ALWAYS_INLINE const T* begin() const noexcept { return data_; }            ///< Iterator to the first element.
  LAMINA_ALWAYS_INLINE const T* end() const noexcept { return data_ + size_; }      ///< Iterator past the last element.

  /// Appends a value, which may be an element of this list.
  void push_back(T value) {
    if (size_ == capacity_) grow(size_ + 1);
    new (data_ + size_) T(std::move(value));
    ++size_;
  }
  /// Appends an element constructed from `arguments`, and returns it.
  template <class... Arguments>
  LAMINA_ALWAYS_INLINE T& emplace_back(Arguments&&... arguments) {
    push_back(T{std::forward<Arguments>(arguments)...});
    return back();
  }
  /// Inserts a value before element `i`.
  void insert(std::size_t i, T value) {
    push_back(std::move(value));
    for (std::size_t k = size_ - 1; k > i; --k) std::swap(data_[k - 1], data_[k]);
  }
  /// Removes the last element.
  void pop_back() noexcept { data_[--size_].~T(); }
  /// Removes element `i`. Later elements move one position towards the front.
  void erase(std::size_t i) noexcept {
    for (; i + 1 < size_; ++i) data_[i] = std::move(data_[i + 1]);
    pop_back();
  }
  /// Removes the elements for which `removes(element)` is true. The others keep their order.
  template <class F>
  void erase_if(const F& removes) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (removes(data_[i])) continue;
      if (i != kept) data_[kept] = std::move(data_[i]);
      ++kept;
    }
    while (size_ > kept) pop_back();
  }
  /// Removes all elements; keeps the memory.
  void clear() noexcept {
    while (size_ > 0) pop_back();
  }
  /// Allocates memory for `count` elements.
  void reserve(std::size_t count) {
    if (count > capacity_) grow(count);
  }
  /// Changes the number of elements to `count`: removes the last ones, or appends copies of `value`.
  void resize(std::size_t count, T value = T()) {
    while (size_ > count) pop_back();
    reserve(count);
    while (size_ < count) push_back(value);
  }
  /// Replaces all elements by `count` copies of `value`.
  void assign(std::size_t count, T value) {
    clear();
    resize(count, std::move(value));
  }

  /// True if the lists have equal elements in the same order.
  friend bool operator==(const List& a, const List& b) {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i)
      if (!(a.data_[i] == b.data_[i])) return false;
    return true;
  }

 private:
  std::size_t checked(std::size_t i) const {
    if (i >= size_) raise<ValueError>("List, at: index ", i, " is out of range for a list of ", size_);
    return i;
  }
  void append(const T* values, std::size_t count) {
    reserve(size_ + count);
    for (std::size_t i = 0; i < count; ++i) push_back(values[i]);
  }
  LAMINA_NOINLINE void grow(std::size_t count) {
    static_assert(std::is_nothrow_move_constructible_v<T> && alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    if (count < 2 * capacity_) count = 2 * capacity_;
    T* to = static_cast<T*>(::operator new(count * sizeof(T)));
    for (std::size_t i = 0; i < size_; ++i) {
      new (to + i) T(std::move(data_[i]));
      data_[i].~T();
    }
    ::operator delete(data_);
    data_ = to;
    capacity_ = count;
  }
  LAMINA_NOINLINE void release() noexcept {
    clear();
    ::operator delete(data_);
  }

  T* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace lamina
