#pragma once
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "lamina/layers/base/layer.hpp"

// Calls of a layer on symbolic tensors, which add it to a graph.

namespace lamina {

template <class Scalar>
SymbolicTensor<Scalar> Layer<Scalar>::operator()(const SymbolicTensor<Scalar>& x, const CallOptions& options) const& {
  return only_output(apply(std::vector<SymbolicTensor<Scalar>>{x}, options));
}

template <class Scalar>
std::vector<SymbolicTensor<Scalar>> Layer<Scalar>::apply(const std::vector<SymbolicTensor<Scalar>>& inputs,
                                                         const CallOptions& options,
                                                         const SymbolicMasks<Scalar>& masks) const {
  if (inputs.empty()) raise<ValueError>(where("call"), "expected at least one input, got none");
  std::vector<Shape> shapes;
  for (const SymbolicTensor<Scalar>& x : inputs) shapes.push_back(x.shape());
  ensure_built(shapes);
  if (anchor_ == nullptr)
    anchor_ = std::make_shared<detail::LayerAnchor<Scalar>>(detail::LayerAnchor<Scalar>{const_cast<Layer*>(this)});
  anchor_->calls.erase_if([](const auto& call) { return call.expired(); });
  auto node = std::make_shared<detail::SymbolicNode<Scalar>>();
  node->anchor = anchor_;
  node->owner = const_cast<Layer*>(this)->weak_from_this().lock();
  node->inputs = inputs;
  node->options = options;
  if (masks.inputs.size() > inputs.size())
    raise<ValueError>(where("call"), "got ", masks.inputs.size(), " masks for ", inputs.size(),
                      " inputs. Pass at most one mask for each input.");
  for (std::size_t i = 0; i < masks.inputs.size(); ++i)
    if (masks.inputs[i].defined()) {
      node->inputs.push_back(masks.inputs[i]);
      node->masked.push_back(static_cast<Index>(i));
    }
  if (masks.attention.defined()) {
    node->inputs.push_back(masks.attention);
    node->masked.push_back(-1);
  }
  {
    const Frame frame(*this, "compute_output_shape", &options);
    node->shapes = compute_output_shapes(shapes);
  }
  anchor_->calls.push_back(node);
  std::vector<SymbolicTensor<Scalar>> outputs;
  for (std::size_t i = 0; i < node->shapes.size(); ++i) outputs.push_back(detail::SymbolicAccess::make(node, i));
  return outputs;
}

template <class Scalar>
SymbolicTensor<Scalar> Layer<Scalar>::output() const {
  std::shared_ptr<detail::SymbolicNode<Scalar>> only;
  std::size_t calls = 0;
  if (anchor_ != nullptr)
    for (const auto& call : anchor_->calls)
      if (auto node = call.lock()) {
        only = std::move(node);
        ++calls;
      }
  if (calls != 1 || only->shapes.size() != 1)
    raise<StateError>(
        where("output"), "expected a layer that was called once on symbolic tensors, with one output, got ", calls,
        calls == 1 ? " call with several outputs" : " calls", ". Store the return value of the call, and use it.");
  return detail::SymbolicAccess::make(std::move(only), 0);
}

}  // namespace lamina
