#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lamina/core/list.hpp"
#include "lamina/layers/graph/input.hpp"
#include "lamina/models/topology.hpp"

namespace lamina::detail {

/// The topology of a functional model: a graph of layer calls between symbolic inputs and outputs, and its execution
/// plan. The plan is a list of steps in topological order; each reads and writes values in numbered slots, and releases
/// the values that no later step reads.
template <class S>
class Graph final : public Topology<S> {
 public:
  using typename Topology<S>::CallLayers;
  using typename Topology<S>::Endpoints;
  using typename Topology<S>::SummaryRows;
  using Node = std::shared_ptr<SymbolicNode<S>>;

  /// Collects the graph and makes the plan. `who`: prefix of error texts.
  LAMINA_COLD Graph(std::vector<SymbolicTensor<S>> inputs, std::vector<SymbolicTensor<S>> outputs,
                    const std::string& who)
      : inputs_(std::move(inputs)), outputs_(std::move(outputs)) {
    if (inputs_.empty() || outputs_.empty())
      raise<ValueError>(who, ": expected at least one input and one output, got ", inputs_.size(), " and ",
                        outputs_.size());
    for (const auto* list : {&inputs_, &outputs_})
      for (const SymbolicTensor<S>& t : *list) t.shape();  // throws if undefined
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (inputs_[i] == inputs_[j])
          raise<ValueError>(who, ": the inputs ", j, " and ", i, " (\"", name_of(inputs_[i]),
                            "\") are the same. Pass each input once.");
    collect(who);
    order_layers();
    check_names(who);
    plan();
    layer_pointers_ = make_layer_pointers();
  }

  /// Returns the symbolic inputs.
  const std::vector<SymbolicTensor<S>>& inputs() const noexcept { return inputs_; }
  /// Returns the symbolic outputs.
  const std::vector<SymbolicTensor<S>>& outputs() const noexcept { return outputs_; }
  /// Returns the layer calls in topological order, including the inputs.
  const std::vector<Node>& nodes() const noexcept { return nodes_; }
  /// Returns the layers, each once, in Keras's order: by decreasing distance from the outputs.
  const std::vector<std::shared_ptr<LayerAnchor<S>>>& layers() const noexcept { return layers_; }

  /// Returns the layer of a call. Throws StateError if it was destroyed.
  LAMINA_COLD static Layer<S>& layer_of(const SymbolicNode<S>& node) {
    if (node.anchor->layer == nullptr)
      raise<StateError>("a layer of the model was destroyed. A model refers to layers passed as lvalues: ",
                        "keep them alive as long as the model, or create them with std::make_shared.");
    return *node.anchor->layer;
  }
  /// Returns the name of the layer whose call computes a symbolic tensor.
  static const std::string& name_of(const SymbolicTensor<S>& t) { return layer_of(*SymbolicAccess::node(t)).name(); }
  /// Returns the names of the layers of symbolic tensors; repeated names get a suffix: "a", "a_1".
  LAMINA_COLD static std::vector<std::string> names_of(const std::vector<SymbolicTensor<S>>& tensors) {
    std::vector<std::string> names;
    for (const SymbolicTensor<S>& t : tensors) {
      const std::string& name = name_of(t);
      const auto same = std::count_if(names.begin(), names.end(), [&](const std::string& known) {
        return known == name || (known.rfind(name + "_", 0) == 0 &&
                                 known.find_first_not_of("0123456789", name.size() + 1) == std::string::npos);
      });
      names.push_back(same == 0 ? name : text(name, "_", same));
    }
    return names;
  }
  /// Returns whether a call is an input of the model.
  LAMINA_COLD bool is_input(const Node& node) const {
    return std::any_of(inputs_.begin(), inputs_.end(),
                       [&](const SymbolicTensor<S>& t) { return SymbolicAccess::node(t) == node; });
  }
  /// Returns the index of a call among the calls of its layer.
  LAMINA_COLD Index call_number(const Node& node) const {
    Index number = 0;
    for (const Node& other : nodes_) {
      if (other == node) break;
      if (other->anchor == node->anchor) ++number;
    }
    return number;
  }
  /// Returns the layers in the same order; the pointers own layers passed as temporaries or shared pointers.
  const std::vector<std::shared_ptr<Layer<S>>>& layer_pointers() const noexcept { return layer_pointers_; }

  const char* class_name() const noexcept override { return "Functional"; }
  std::size_t input_count() const noexcept override { return inputs_.size(); }
  std::size_t output_count() const noexcept override { return outputs_.size(); }
  std::vector<std::string> input_names() const override { return names_of(inputs_); }
  std::vector<std::string> output_names() const override { return names_of(outputs_); }
  Endpoints symbols(const Model<S>& /*model*/, const char* /*action*/, CallLayers) const override {
    return {inputs_, outputs_};
  }
  std::vector<std::shared_ptr<Layer<S>>> model_layers(const Model<S>& /*model*/) const override {
    return layer_pointers_;
  }

  void check_input(const Shape& shape) const override {
    if (inputs_.size() == 1) check_input(0, shape);
  }
  void check_inputs(const Model<S>& /*model*/, const std::vector<Tensor<S>>& inputs) const override {
    if (inputs.size() != inputs_.size()) raise<ValueError>("expected ", inputs_.size(), " inputs, got ", inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) check_input(i, inputs[i].shape());
  }
  /// Throws ShapeError if a shape does not match input i.
  void check_input(std::size_t i, const Shape& shape) const {
    if (!fits(shape, inputs_[i].shape())) [[unlikely]]
      raise<ShapeError>("input \"", name_of(inputs_[i]), "\": expected shape ", inputs_[i].shape(), ", got ", shape,
                        ". Reshape the data, or change the Input.");
  }
  LAMINA_COLD void add_config(const Model<S>& model, Config& config) const override;
  LAMINA_COLD void add_summary_rows(const Model<S>& /*model*/, SummaryRows& rows) const override {
    for (const auto& anchor : layers_) {
      const Layer<S>* layer = nullptr;
      std::string shapes, sources;
      for (const Node& node : nodes_) {
        if (node->anchor != anchor) continue;
        if (layer == nullptr)
          for (const Shape& shape : node->shapes) shapes += (shapes.empty() ? "" : ", ") + shape.to_string();
        layer = &layer_of(*node);
        for (const SymbolicTensor<S>& input : node->inputs)
          sources += text(sources.empty() ? "" : ", ", name_of(input), "[", call_number(SymbolicAccess::node(input)),
                          "][", static_cast<Index>(SymbolicAccess::index(input)), "]");
      }
      rows.add(*layer, shapes, sources.empty() ? "-" : sources);
    }
  }

  Tensor<S> call(const Model<S>& /*model*/, const Tensor<S>& x) const override {
    if (inputs_.size() != 1 || outputs_.size() != 1)
      raise<ValueError>("the model has ", inputs_.size(), " inputs and ", outputs_.size(),
                        " outputs. Pass all inputs: model.apply({a, b}), or model.predict({a, b}).");
    Tensor<S> y;
    run(&x, &y);
    return y;
  }
  std::vector<Tensor<S>> call_many(const Model<S>& /*model*/, const std::vector<Tensor<S>>& inputs) const override {
    std::vector<Tensor<S>> outputs(outputs_.size());
    run(inputs.data(), outputs.data());
    return outputs;
  }
  /// Computes the outputs for checked inputs.
  void run(const Tensor<S>* inputs, Tensor<S>* outputs) const {
    if (chain_) {
      outputs[0] = layer_of(steps_.front())(inputs[0]);
      for (std::size_t k = 1; k < steps_.size(); ++k) outputs[0] = layer_of(steps_[k])(outputs[0]);
      return;
    }
    const Values scope(slot_count_);
    std::vector<Tensor<S>>& values = scope.values;
    for (std::size_t i = 0; i < inputs_.size(); ++i) values[input_slots_[i]] = inputs[i];
    for (const Step& step : steps_) {
      const Layer<S>& layer = layer_of(step);
      if (step.simple) {
        values[step.outputs] = layer(values[step.inputs.front()]);
      } else {
        std::vector<Tensor<S>> given;
        given.reserve(step.inputs.size());
        const SymbolicNode<S>& node = *nodes_[step.node];
        for (std::size_t i = 0; i < node.tensor_count(); ++i) given.push_back(values[step.inputs[i]]);
        std::vector<Tensor<S>> results =
            node.masked.empty() ? layer.apply(given, node.options) : layer.apply(given, with_masks(step, values));
        for (std::size_t k = 0; k < results.size() && k < step.output_count; ++k)
          values[step.outputs + k] = std::move(results[k]);
      }
      for (const std::size_t slot : step.released) values[slot] = Tensor<S>();
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) outputs[i] = values[output_slots_[i]];
  }

  /// Computes the shapes of the outputs layer by layer.
  LAMINA_COLD std::vector<Shape> output_shapes(const Model<S>& /*model*/,
                                               const std::vector<Shape>& inputs) const override {
    std::vector<Shape> values(slot_count_);
    for (std::size_t i = 0; i < inputs_.size(); ++i) values[input_slots_[i]] = inputs[i];
    for (const Step& step : steps_) {
      std::vector<Shape> given;
      for (std::size_t i = 0; i < nodes_[step.node]->tensor_count(); ++i) given.push_back(values[step.inputs[i]]);
      const std::vector<Shape> results = layer_of(*nodes_[step.node]).compute_output_shapes(given);
      for (std::size_t k = 0; k < results.size() && k < step.output_count; ++k) values[step.outputs + k] = results[k];
    }
    std::vector<Shape> outputs;
    for (const std::size_t slot : output_slots_) outputs.push_back(values[slot]);
    return outputs;
  }

 private:
  struct Step {
    std::shared_ptr<LayerAnchor<S>> anchor;
    std::size_t node;
    std::vector<std::size_t> inputs, released;
    std::size_t outputs, output_count;  // first slot, and number of consecutive slots
    bool simple;                        // one input, one output, no options of the call
  };

  const Layer<S>& layer_of(const Step& step) const {
    if (step.anchor->layer == nullptr) [[unlikely]]
      return layer_of(*nodes_[step.node]);
    return *step.anchor->layer;
  }

  /// Returns the options of a call with the masks that the graph computes.
  CallOptions with_masks(const Step& step, const std::vector<Tensor<S>>& values) const {
    const SymbolicNode<S>& node = *nodes_[step.node];
    CallOptions options = node.options;
    for (std::size_t i = 0; i < node.masked.size(); ++i) {
      const Tensor<float> mask = values[step.inputs[node.tensor_count() + i]].detached().template cast<float>();
      const Index input = node.masked[i];
      if (input < 0) {
        options.attention_mask = mask;
        continue;
      }
      const auto at = static_cast<std::size_t>(input);
      if (options.mask.size() <= at) options.mask.resize(at + 1);
      options.mask[at] = mask;
    }
    return options;
  }

  // The values of a run, in memory that is reused per thread. Runs of nested models are nested.
  struct Values {
    explicit Values(std::size_t count) : values(next()) {
      if (values.size() < count) values.resize(count);
    }
    ~Values() {
      for (Tensor<S>& value : values)
        if (value.defined()) value = Tensor<S>();
      --depth();
    }
    Values(const Values&) = delete;
    Values& operator=(const Values&) = delete;
    static std::size_t& depth() {
      static constinit thread_local std::size_t runs = 0;
      return runs;
    }
    static std::vector<Tensor<S>>& next() {
      auto& pool = PerThread<std::vector<std::unique_ptr<std::vector<Tensor<S>>>>>::get();
      if (depth() == pool.size()) pool.push_back(std::make_unique<std::vector<Tensor<S>>>());
      return *pool[depth()++];
    }
    std::vector<Tensor<S>>& values;
  };

  LAMINA_COLD std::vector<std::shared_ptr<Layer<S>>> make_layer_pointers() const {
    std::vector<std::shared_ptr<Layer<S>>> all;
    for (const auto& anchor : layers_) {
      const Node& node =
          *std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& n) { return n->anchor == anchor; });
      all.push_back(node->owner != nullptr ? node->owner
                                           : std::shared_ptr<Layer<S>>(std::shared_ptr<void>(), &layer_of(*node)));
    }
    return all;
  }

  /// Collects the calls from the outputs to the inputs by an iterative depth-first search, in the order of Keras.
  LAMINA_COLD void collect(const std::string& who) {
    struct Visit {
      Node node;
      std::size_t next = 0;
    };
    std::unordered_map<const SymbolicNode<S>*, bool> seen;
    for (const SymbolicTensor<S>& output : outputs_) {
      std::vector<Visit> path;
      const auto enter = [&](const Node& node) {
        if (seen.emplace(node.get(), true).second) {
          add_layer_once(node);
          path.push_back({node});
        }
      };
      enter(SymbolicAccess::node(output));
      while (!path.empty()) {
        Visit& visit = path.back();
        const bool ends = is_input(visit.node);
        if (!ends && visit.node->inputs.empty())
          raise<ValueError>(who, ": the output \"", name_of(output), "\" is computed from the Input \"",
                            layer_of(*visit.node).name(),
                            "\", which is not among the model's inputs. Add it to the inputs.");
        if (ends || visit.next == visit.node->inputs.size()) {
          nodes_.push_back(std::move(visit.node));
          path.pop_back();
        } else {
          const Node next = SymbolicAccess::node(visit.node->inputs[visit.next++]);
          enter(next);
        }
      }
    }
    // An unused input is last among the calls, and first among the layers of its distance.
    for (std::size_t i = inputs_.size(); i-- > 0;) {
      const Node& node = SymbolicAccess::node(inputs_[i]);
      if (!seen.emplace(node.get(), true).second) continue;
      nodes_.push_back(node);
      layers_.insert(layers_.begin(), node->anchor);
    }
  }
  void add_layer_once(const Node& node) {
    if (std::find(layers_.begin(), layers_.end(), node->anchor) == layers_.end()) layers_.push_back(node->anchor);
  }

  /// Throws ValueError if two layers have the same name: data, losses and files identify layers by name.
  LAMINA_COLD void check_names(const std::string& who) const {
    List<std::string_view> names;
    for (const auto& anchor : layers_) {
      if (anchor->layer == nullptr) continue;  // make_layer_pointers throws
      const std::string& name = anchor->layer->name();
      if (std::find(names.begin(), names.end(), name) != names.end())
        raise<ValueError>(who, ": two layers have the name \"", name, "\". Set a unique name for each layer.");
      names.push_back(name);
    }
  }
  /// Sorts layers by decreasing distance from the outputs, then by the order of the search, as Keras does.
  LAMINA_COLD void order_layers() {
    std::unordered_map<const SymbolicNode<S>*, std::size_t> depth_of;
    std::unordered_map<const LayerAnchor<S>*, std::size_t> layer_depth;
    for (std::size_t i = nodes_.size(); i-- > 0;) {
      const SymbolicNode<S>* node = nodes_[i].get();
      std::size_t& of_layer = layer_depth[node->anchor.get()];
      std::size_t& depth = depth_of[node];
      depth = of_layer = (std::max)(depth, of_layer);
      if (is_input(nodes_[i])) continue;
      for (const SymbolicTensor<S>& input : node->inputs) {
        std::size_t& above = depth_of[SymbolicAccess::node(input).get()];
        above = (std::max)(above, depth + 1);
      }
    }
    // A stable insertion sort: the layers are nearly sorted. With std::stable_sort of libstdc++, clang 19 warns.
    const auto farther = [&](const auto& a, const auto& b) { return layer_depth[a.get()] > layer_depth[b.get()]; };
    for (auto i = layers_.begin(); i != layers_.end(); ++i)
      std::rotate(std::upper_bound(layers_.begin(), i, *i, farther), i, i + 1);
  }

  /// Assigns slots to all values and makes the steps.
  LAMINA_COLD void plan() {
    std::unordered_map<const SymbolicNode<S>*, std::size_t> slot_of;
    std::vector<std::size_t> last_use;
    for (const Node& node : nodes_) {
      slot_of[node.get()] = slot_count_;
      slot_count_ += node->shapes.size();
    }
    const auto slot = [&](const SymbolicTensor<S>& t) {
      return slot_of[SymbolicAccess::node(t).get()] + SymbolicAccess::index(t);
    };
    last_use.assign(slot_count_, 0);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Node& node = nodes_[i];
      if (is_input(node)) continue;
      Step step{node->anchor, i, {}, {}, slot_of[node.get()], node->shapes.size(), false};
      for (const SymbolicTensor<S>& input : node->inputs) {
        step.inputs.push_back(slot(input));
        last_use[step.inputs.back()] = steps_.size();
      }
      step.simple = step.inputs.size() == 1 && step.output_count == 1 && node->options.plain() &&
                    !node->options.training.has_value();
      steps_.push_back(std::move(step));
    }
    for (const SymbolicTensor<S>& input : inputs_) input_slots_.push_back(slot(input));
    for (const SymbolicTensor<S>& output : outputs_) output_slots_.push_back(slot(output));
    for (std::size_t k = 0; k < steps_.size(); ++k)
      for (const std::size_t used : steps_[k].inputs) {
        const bool last =
            last_use[used] == k && std::find(output_slots_.begin(), output_slots_.end(), used) == output_slots_.end();
        auto& released = steps_[k].released;
        if (last && std::find(released.begin(), released.end(), used) == released.end()) released.push_back(used);
      }
    chain_ = inputs_.size() == 1 && outputs_.size() == 1 && !steps_.empty();
    std::size_t before = input_slots_.front();
    for (const Step& step : steps_) {
      chain_ = chain_ && step.simple && step.inputs.front() == before;
      before = step.outputs;
    }
    chain_ = chain_ && before == output_slots_.front();
  }

  std::vector<SymbolicTensor<S>> inputs_, outputs_;
  std::vector<Node> nodes_;
  std::vector<std::shared_ptr<LayerAnchor<S>>> layers_;
  std::vector<std::shared_ptr<Layer<S>>> layer_pointers_;
  std::vector<Step> steps_;
  std::vector<std::size_t> input_slots_, output_slots_;
  std::size_t slot_count_ = 0;
  bool chain_ = false;  // true if each layer only reads the output of the previous one
};

}  // namespace lamina::detail
