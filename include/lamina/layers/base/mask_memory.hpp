#pragma once

#include "lamina/core/list.hpp"
#include "lamina/core/per_thread.hpp"
#include "lamina/core/tensor.hpp"

namespace lamina {

/// Which tensors of this thread carry a mask. A mask says of every sample and step whether it counts (1) or is padding
/// (0); its shape is that of the leading axes, (batch, steps) for sequences. Layers make masks (Masking, Embedding),
/// pass them on, and heed them; see Layer.
///
/// A tensor is known by its memory. The memory is held while its mask is known, and both are let go when nobody else
/// holds the tensor, so a mask is never found for another tensor that came to lie in the same place.
template <class S>
class MaskMemory {
 public:
  /// Whether any tensor carries a mask: all that a layer has to check if there is none.
  static bool any() noexcept { return count() > 0; }

  /// The mask of a tensor; undefined where it has none.
  static Tensor<S> find(const Tensor<S>& x) {
    if (any())
      for (std::size_t i = entries().size(); i-- > 0;)
        if (is_same(entries()[i].tensor, x)) return entries()[i].mask;
    return {};
  }
  /// From now on `x`, and every handle to the same elements, carries the mask.
  static void attach(const Tensor<S>& x, const Tensor<S>& mask) {
    for (Entry& e : entries())
      if (is_same(e.tensor, x)) {
        e.mask = mask.detached();
        return;
      }
    entries().push_back({x.detached(), mask.detached(), nullptr});
    count() = entries().size();
  }
  /// Lets go of tensors that nobody else holds any more; what a scope has said holds until its end.
  static void forget_unused() {
    entries().erase_if([](const Entry& e) {
      return e.scope == nullptr &&
             (detail::TensorAccess::is_unique(e.tensor) || !detail::TensorAccess::owns_memory(e.tensor));
    });
    count() = entries().size();
  }

  /// For a scope: `x` carries this mask, whatever it carried before.
  class Scope {
   public:
    Scope(const Tensor<S>& x, const Tensor<S>& mask) {
      entries().push_back({x.detached(), mask.detached(), this});
      count() = entries().size();
    }
    ~Scope() {
      entries().erase_if([this](const Entry& e) { return e.scope == this; });
      count() = entries().size();
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };

 private:
  struct Entry {
    Tensor<S> tensor, mask;
    const void* scope = nullptr;  // which one said so
  };
  static bool is_same(const Tensor<S>& a, const Tensor<S>& b) noexcept {
    return a.data() == b.data() && a.shape() == b.shape();
  }
  static List<Entry>& entries() { return detail::PerThread<List<Entry>>::get(); }
  static std::size_t& count() noexcept {
    static constinit thread_local std::size_t entries = 0;
    return entries;
  }
};

/// The mask that a tensor carries out of a layer, as Keras's `_keras_mask`; undefined where there is none.
template <class S>
Tensor<S> get_mask(const Tensor<S>& x) {
  return MaskMemory<S>::find(x);
}

}  // namespace lamina
