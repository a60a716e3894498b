#pragma once
// All operations of graphs, and operation_from_config.
#include "lamina/core/list.hpp"
#include "lamina/layers/graph/operations/arithmetic.hpp"
#include "lamina/layers/graph/operations/logic.hpp"
#include "lamina/layers/graph/operations/nn.hpp"
#include "lamina/layers/graph/operations/reductions.hpp"
#include "lamina/layers/graph/operations/shaping.hpp"

namespace lamina::detail {

/// Calls `use` with the operation of this Keras class; returns false if no operation has this name.
template <class Use>
bool find_operation(std::string_view name, const Use& use) {
  return arithmetic_operations::find(name, use) || logic_operations::find(name, use) ||
         reduction_operations::find(name, use) || shaping_operations::find(name, use) || nn_operations::find(name, use);
}
// The following functions are templates, because they contain all operations: a program compiles them only if it calls
// them.
template <int = 0>
[[noreturn]] LAMINA_NOINLINE void raise_unknown_operation(const std::string& name) {
  List<std::string_view> known;
  const auto add = [&](const auto& names) {
    for (const std::string_view one : names) known.push_back(one);
  };
  add(arithmetic_operations::names);
  add(logic_operations::names);
  add(reduction_operations::names);
  add(shaping_operations::names);
  add(nn_operations::names);
  raise_unknown_name("operation", name, known);
}
template <int = 0>
const OperationClass& operation_class(const std::string& name) {
  const OperationClass* found = nullptr;
  if (!find_operation(name, [&]<class Op>(Op*) { found = &Op::template kind<>; })) raise_unknown_operation(name);
  return *found;
}

/// True if a configuration describes an operation. Its module decides, because layers can have the same class names.
inline bool is_operation(const Config& described) {
  const Config* module = described.find("module");
  if (module == nullptr || !module->is_string()) return false;
  const std::string& name = module->as_string();
  for (const std::string_view operations : {"keras.ops", "keras.src.ops"})
    if (name.rfind(operations, 0) == 0 && (name.size() == operations.size() || name[operations.size()] == '.'))
      return true;
  return false;
}

/// Reads the arguments of an operation from its configuration. The operands are those of the first call, and their
/// tensors are appended to `tensors`; without a call, one tensor for each parameter.
template <int = 0>
OperationArguments operation_arguments(const Config& described, std::vector<Config>& tensors) {
  OperationArguments arguments{described.at("class_name").as_string(), {}, {}};
  const Config* options = described.find("config");
  arguments.config = options == nullptr || options->is_null() ? Config::map() : *options;
  const OperationClass& kind = operation_class(arguments.operation);
  const Config* calls = described.find("inbound_nodes");
  if (calls == nullptr || !calls->is_list() || calls->size() == 0) return arguments;
  const Config* name = described.find("name");
  const std::string who =
      text(kind.name, name == nullptr || !name->is_string() ? "" : " \"" + name->as_string() + "\"");
  const BoundCall call = bind_call(who, kind.signature, (*calls)[0]);
  const auto add = [&](const CallParameter& p, const Config& value) {
    const bool one = is_tensor(value);
    if (!one && !p.constant && contains_tensor(value))
      raise<ValueError>(who, ": the argument \"", p.name, "\" of the call: expected one tensor, got ",
                        value.to_string());
    if (one && !p.constant) tensors.push_back(value);
    arguments.operands.push_back(one && !p.constant ? OperationOperand() : OperationOperand{false, value});
  };
  for (std::size_t i = 0; i < call.values.size(); ++i) {
    const CallParameter& p = call.parameters[i];
    if ((p.list || p.rest) && call.values[i].is_list())
      for (const Config& element : call.values[i].elements()) add(p, element);
    else
      add(p, call.values[i]);
  }
  return arguments;
}

/// Constructs the operation that a configuration describes.
template <class S>
std::shared_ptr<Operation<S>> operation_from_config(const Config& described) {
  std::vector<Config> tensors;
  OperationArguments arguments = operation_arguments(described, tensors);
  std::shared_ptr<Operation<S>> operation;
  find_operation(described.at("class_name").as_string(), [&]<class Op>(Op*) {
    operation = std::make_shared<Operation<S>>(std::move(arguments), Op::template kind<>, &Op::template compute<S>);
  });
  if (const Config* name = described.at("config").find("name"); name != nullptr && !name->is_null())
    operation->set_name(name->as_string());
  return operation;
}

}  // namespace lamina::detail
