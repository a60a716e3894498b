#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "lamina/io/config_edit.hpp"

// Operations of TensorFlow in functional models of Keras 2: the classes TFOpLambda and SlicingOpLambda.

namespace lamina::detail {

class TensorFlowOperation : ConfigEdit {
 public:
  /// Returns whether a layer is an operation of TensorFlow that Keras 3 has.
  static bool is_known(const Config& layer) { return is_lambda(layer) && find(layer) != nullptr; }

  /// Returns an entry of "layers" as an operation of Keras 3, with its calls as {"args": [...], "kwargs": {}}; tensors stay
  /// [layer, call, output]. Throws ValueError for arguments that Keras 3's operation does not have.
  static Config upgraded(const Config& layer) {
    const Function& function = *find(layer);
    Config made = layer, calls = Config::list(), options;
    const std::string who = text("layer ", class_of(layer), " \"", layer.at("name").as_string(), "\"");
    for (const Config& node : layer.at("inbound_nodes").elements()) {
      Config found = Config::map();
      calls.push_back(call(who, function, node, found));
      if (!options.is_null() && !(options == found))
        raise<ValueError>(who, ": expected the same options in all calls, got ", options, " and ", found);
      options = std::move(found);
    }
    made["class_name"] = function.operation;
    made["module"] = function.module;
    made["registered_name"] = function.operation;
    made["config"] = options.is_null() ? Config::map() : std::move(options);
    made["config"]["name"] = layer.at("name");
    made["inbound_nodes"] = std::move(calls);
    return made;
  }

 private:
  static constexpr const char *numpy = "keras.src.ops.numpy", *nn = "keras.src.ops.nn", *core = "keras.src.ops.core",
                              *math = "keras.src.ops.math";
  /// A function of TensorFlow: the operation; further tensors or constants among its arguments; options, each with its name in
  /// Keras 3; and arguments that must have their default.
  struct Function {
    std::string_view name;
    const char *operation, *module;
    std::string_view operand = {};
    std::string_view option = {}, option_name = {}, second_option = {}, second_option_name = {};
    bool list = false;  // the first argument is a list of tensors
  };
  static bool is_lambda(const Config& layer) {
    return class_of(layer) == "TFOpLambda" || class_of(layer) == "SlicingOpLambda";
  }
  static const Function* find(const Config& layer) {
    static constexpr Function functions[] = {
        {"math.add", "Add", numpy, "y"},
        {"__operators__.add", "Add", numpy, "y"},
        {"math.subtract", "Subtract", numpy, "y"},
        {"math.multiply", "Multiply", numpy, "y"},
        {"math.divide", "TrueDivide", numpy, "y"},
        {"math.truediv", "TrueDivide", numpy, "y"},
        {"math.divide_no_nan", "DivideNoNan", numpy, "y"},
        {"math.pow", "Power", numpy, "y"},
        {"math.maximum", "Maximum", numpy, "y"},
        {"math.minimum", "Minimum", numpy, "y"},
        {"math.equal", "Equal", numpy, "y"},
        {"math.not_equal", "NotEqual", numpy, "y"},
        {"math.greater", "Greater", numpy, "y"},
        {"math.greater_equal", "GreaterEqual", numpy, "y"},
        {"math.less", "Less", numpy, "y"},
        {"math.less_equal", "LessEqual", numpy, "y"},
        {"linalg.matmul", "Matmul", numpy, "b"},
        {"math.negative", "Negative", numpy},
        {"math.abs", "Absolute", numpy},
        {"math.square", "Square", numpy},
        {"math.sqrt", "Sqrt", numpy},
        {"math.rsqrt", "Rsqrt", math},
        {"math.reciprocal", "Reciprocal", numpy},
        {"math.exp", "Exp", numpy},
        {"math.log", "Log", numpy},
        {"math.log1p", "Log1p", numpy},
        {"math.sin", "Sin", numpy},
        {"math.cos", "Cos", numpy},
        {"math.tanh", "Tanh", numpy},
        {"math.sign", "Sign", numpy},
        {"math.sigmoid", "Sigmoid", nn},
        {"math.softplus", "Softplus", nn},
        {"nn.relu", "Relu", nn},
        {"nn.softmax", "Softmax", nn, {}, "axis", "axis"},
        {"math.reduce_sum", "Sum", numpy, {}, "axis", "axis", "keepdims", "keepdims"},
        {"math.reduce_mean", "Mean", numpy, {}, "axis", "axis", "keepdims", "keepdims"},
        {"math.reduce_max", "Max", numpy, {}, "axis", "axis", "keepdims", "keepdims"},
        {"math.reduce_min", "Min", numpy, {}, "axis", "axis", "keepdims", "keepdims"},
        {"clip_by_value", "Clip", numpy, {}, "clip_value_min", "x_min", "clip_value_max", "x_max"},
        {"cast", "Cast", core, {}, "dtype", "dtype"},
        {"stop_gradient", "StopGradient", core},
        {"reshape", "Reshape", numpy, {}, "shape", "newshape"},
        {"transpose", "Transpose", numpy, {}, "perm", "axes"},
        {"expand_dims", "ExpandDims", numpy, {}, "axis", "axis"},
        {"squeeze", "Squeeze", numpy, {}, "axis", "axis"},
        {"concat", "Concatenate", numpy, {}, "axis", "axis", {}, {}, true},
        {"stack", "Stack", numpy, {}, "axis", "axis", {}, {}, true},
        {"__operators__.getitem", "GetItem", numpy, "slice_spec"}};
    const Config* name = layer.at("config").find("function");
    if (name == nullptr || !name->is_string()) return nullptr;
    for (const Function& f : functions)
      if (name->as_string() == f.name) return &f;
    return nullptr;
  }

  /// Returns a call: a node is [layer, call, output, {arguments}], where the layer of a constant is "_CONSTANT_VALUE", or a
  /// list of such.
  static Config call(const std::string& who, const Function& function, const Config& node, Config& options) {
    const bool several = node.is_list() && node.size() > 0 && node[0].is_list();
    const std::vector<Config> parts = several ? node.elements() : std::vector<Config>{node};
    Config tensors = Config::list(), arguments;
    for (const Config& part : parts) {
      if (!part.is_list() || part.size() < 3 || part.size() > 4 || !part[0].is_string())
        raise<ValueError>(who, ": expected a call [layer, call, output, {...}], got ", node);
      const bool constant = part[0].as_string() == "_CONSTANT_VALUE";
      tensors.push_back(constant ? Config(part[2]) : Config::list({part[0], part[1], part[2]}));
      if (part.size() == 4) arguments = part[3];
    }
    if (arguments.is_null()) arguments = Config::map();
    if (!arguments.is_map() || (several && !function.list && parts.size() > 1))
      raise<ValueError>(who, ": expected a call [layer, call, output, {...}], got ", node);
    Config args = Config::list();
    args.push_back(function.list ? std::move(tensors) : Config(tensors[0]));
    drop(arguments, "name");
    if (!function.operand.empty()) {
      if (arguments.find(function.operand) == nullptr)
        raise<ValueError>(who, ": the argument \"", function.operand, "\" is missing");
      Config operand = take(arguments, function.operand);
      args.push_back(function.operand == "slice_spec" ? subscripts(who, operand) : std::move(operand));
    }
    take_option(arguments, function.option, function.option_name, options);
    take_option(arguments, function.second_option, function.second_option_name, options);
    for (const Config::Member& m : arguments.members())
      if (!m.second.is_null() && !(m.second == Config(false)))
        raise<ValueError>(who, ": the argument \"", m.first, "\" = ", m.second, " of the function ", function.name,
                          " is not supported");
    Config made = Config::map();
    made["args"] = std::move(args);
    made["kwargs"] = Config::map();
    return made;
  }
  static void take_option(Config& arguments, std::string_view name, std::string_view name_in_keras, Config& options) {
    if (name.empty() || arguments.find(name) == nullptr) return;
    Config value = take(arguments, name);
    if (!value.is_null()) options[name_in_keras] = std::move(value);
  }
  static Config subscripts(const std::string& who, const Config& given) {
    Config all = Config::list();
    for (const Config& one : given.is_list() ? given.elements() : std::vector<Config>{given}) {
      if (one.is_map() && one.find("start") != nullptr && one.find("stop") != nullptr && one.find("step") != nullptr)
        all.push_back(object("__slice__", one));
      else if (one.is_map() || one.is_integer() || one.is_null())
        all.push_back(one);
      else
        raise<ValueError>(who, ": expected integers and slices as an index, got ", given);
    }
    return all;
  }
};

}  // namespace lamina::detail
