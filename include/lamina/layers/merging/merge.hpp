#pragma once
#include "lamina/layers/base/input_masks.hpp"
#include "lamina/layers/base/multi_input_layer.hpp"

namespace lamina {

/// The options of merging layers.
struct MergeOptions {
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};

namespace detail {

/// Returns the shapes as text, separated by commas.
inline std::string list_of(const std::vector<Shape>& shapes) {
  std::string all;
  for (const Shape& shape : shapes) all += (all.empty() ? "" : ", ") + shape.to_string();
  return all;
}

/// Inserts axes of size 1 after the batch axis, up to this rank.
inline Shape with_rank(const Shape& shape, Index rank) {
  Shape longer{shape[0]};
  while (longer.rank() + shape.rank() - 1 < rank) longer.push_back(1);
  for (Index i = 1; i < shape.rank(); ++i) longer.push_back(shape[i]);
  return longer;
}

/// Returns the broadcast shape of inputs, aligned at the last axis; sizes of 1 and missing axes broadcast, the batch
/// axis does not. Throws a ShapeError if the shapes do not broadcast.
inline Shape merged_shape(const std::vector<Shape>& inputs) {
  Shape merged = inputs.front();
  const auto raise_unfit = [&] {
    raise<ShapeError>("expected inputs that broadcast to one shape, got shapes ", list_of(inputs),
                      ". Pass equal batch sizes, and other axes, aligned at the last, that are equal or 1.");
  };
  for (const Shape& shape : inputs) {
    if (shape.empty() || merged.empty()) raise_unfit();
    if (merged[0] == unknown_size) merged[0] = shape[0];
    if (shape[0] != unknown_size && shape[0] != merged[0]) raise_unfit();
    merged = with_rank(merged, shape.rank());
    for (Index i = 1; i < shape.rank(); ++i) {
      Index& size = merged[-i];
      if (size == unknown_size || shape[-i] == unknown_size)
        size = unknown_size;
      else if (size == 1)
        size = shape[-i];
      else if (shape[-i] != 1 && shape[-i] != size)
        raise_unfit();
    }
  }
  return merged;
}

/// Returns the logical or of two masks.
template <class S>
Tensor<S> either_mask(const Tensor<S>& a, const Tensor<S>& b) {
  return where(a, Tensor<S>(S(1)), b);
}

/// The base class of layers that merge several inputs into one output: `count` inputs, or any number for count 0. If
/// all inputs have masks, the mask of the output is their logical or.
template <class Scalar>
class Merge : public MultiInputLayer<Scalar> {
 public:
  LAMINA_COLD explicit Merge(const std::string& name, std::size_t count = 0) : count_(count) {
    this->set_name(name);
    this->set_supports_masking(true);
  }
  void build_many(const std::vector<Shape>& inputs) final { compute_output_shapes(inputs); }
  LAMINA_COLD std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const final {
    require_count(inputs.size());
    return {output_shape(inputs)};
  }
  std::vector<Tensor<Scalar>> compute_masks(const std::vector<Tensor<Scalar>>& inputs,
                                            const std::vector<Tensor<Scalar>>& masks) const override {
    Index rank = 0, mask_rank = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!masks[i].defined()) return {Tensor<Scalar>()};
      check_mask(masks[i].shape(), inputs[i].shape(), 1, inputs[i].rank(), true);
      rank = (std::max)(rank, inputs[i].rank());
    }
    std::vector<Tensor<Scalar>> aligned;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Index missing = rank - inputs[i].rank();
      aligned.push_back(reshape_to(masks[i], with_rank(masks[i].shape(), masks[i].rank() + missing)));
      mask_rank = (std::max)(mask_rank, aligned.back().rank());
    }
    Tensor<Scalar> merged = expand_mask(aligned.front(), mask_rank);
    for (const Tensor<Scalar>& mask : aligned) merged = either_mask(merged, expand_mask(mask, mask_rank));
    return {merged};
  }

 protected:
  /// Returns the shape of the output. Throws a ShapeError if the shapes of the inputs do not fit.
  virtual Shape output_shape(const std::vector<Shape>& inputs) const = 0;

  void check_inputs(const std::vector<Tensor<Scalar>>& inputs) const override {
    require_count(inputs.size());
    std::vector<Shape> shapes;
    for (const Tensor<Scalar>& x : inputs) shapes.push_back(x.shape());
    output_shape(shapes);
  }
  void require_count(std::size_t got) const {
    if (got == 0 || (count_ != 0 && got != count_)) [[unlikely]]
      raise<ValueError>(this->where("call"), "expected ", count_ == 0 ? "at least 1 input" : text(count_, " inputs"),
                        ", got ", got, ". Pass the inputs in braces: layer({a, b}).");
  }

 private:
  std::size_t count_;
};

/// The base class of layers that merge element by element. The parameters of `merge` are inputs of equal rank, and null
/// or one mask for each input, which broadcasts to the input and is undefined if the input has none.
template <class Scalar>
class ElementwiseMerge : public Merge<Scalar> {
 public:
  using Merge<Scalar>::Merge;
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const final {
    Index rank = 0;
    bool equal_ranks = true;
    for (const Tensor<Scalar>& x : inputs) {
      rank = (std::max)(rank, x.rank());
      equal_ranks = equal_ranks && x.rank() == inputs.front().rank();
    }
    if (!equal_ranks) {  // Keras ignores the masks in this case
      std::vector<Tensor<Scalar>> aligned;
      for (const Tensor<Scalar>& x : inputs) aligned.push_back(reshape_to(x, with_rank(x.shape(), rank)));
      return {merge(aligned, nullptr)};
    }
    if (!MaskRegistry<Scalar>::any()) return {merge(inputs, nullptr)};
    std::vector<Tensor<Scalar>> masks;
    for (const Tensor<Scalar>& x : inputs) {
      const Tensor<Scalar> mask = this->mask_of(x);
      if (mask.defined()) check_mask(mask.shape(), x.shape(), 1, rank, true);
      masks.push_back(mask.defined() ? expand_mask(mask, rank) : mask);
    }
    return {merge(inputs, masks.data())};
  }

 protected:
  virtual Tensor<Scalar> merge(const std::vector<Tensor<Scalar>>& inputs, const Tensor<Scalar>* masks) const = 0;

  Shape output_shape(const std::vector<Shape>& inputs) const final { return merged_shape(inputs); }
  void check_inputs(const std::vector<Tensor<Scalar>>& inputs) const final {
    this->require_count(inputs.size());
    bool equal = !inputs.front().shape().empty();
    for (const Tensor<Scalar>& x : inputs) equal = equal && x.shape() == inputs.front().shape();
    if (!equal) Merge<Scalar>::check_inputs(inputs);
  }
};

/// The largest (or smallest) of the unmasked inputs at each element, or of all inputs if all are masked.
template <bool Larger, class S>
Tensor<S> extreme_of_unmasked(const std::vector<Tensor<S>>& inputs, const Tensor<S>* masks) {
  Tensor<S> y = inputs.front(), kept = masks != nullptr ? masks[0] : Tensor<S>();
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    Tensor<S> x = inputs[i];
    const Tensor<S> mask = masks != nullptr ? masks[i] : Tensor<S>();
    if (mask.defined()) x = where(mask, x, y);
    if (kept.defined()) y = where(kept, y, x);
    kept = mask.defined() && kept.defined() ? either_mask(kept, mask) : Tensor<S>();
    y = extremum<Larger>(y, x);
  }
  return y;
}

}  // namespace detail

}  // namespace lamina
