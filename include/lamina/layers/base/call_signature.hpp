#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/core/config.hpp"
#include "lamina/core/list.hpp"
#include "lamina/core/names.hpp"

// Binds the arguments of a call in a Keras configuration, positional and keyword, to the parameters of a signature. The
// functions are templates, so that a program compiles only those that it calls.

namespace lamina::detail {

/// One parameter of a call signature.
struct CallParameter {
  std::string name;                ///< Keras's name, which is written to configurations.
  List<std::string_view> aliases;  ///< Other names that configurations use for it.
  bool list = false;               ///< `name...`: one tensor, or a list of tensors.
  bool rest = false;               ///< `name*`: all remaining positional arguments.
  bool constant = false;           ///< `name:`: a value that is not a tensor.
  bool optional = false;           ///< `name?`: may be missing.
};

/// Parses a signature, such as "inputs|x... mask? training?": the names of Keras's parameters in their order, each
/// followed by its aliases after bars and by the marks of CallParameter.
template <int = 0>
LAMINA_COLD List<CallParameter> parameters_of(std::string_view signature) {
  List<CallParameter> parameters;
  while (!signature.empty()) {
    const std::size_t end = signature.find(' ');
    std::string_view word = signature.substr(0, end);
    signature = end == std::string_view::npos ? std::string_view() : signature.substr(end + 1);
    CallParameter p;
    for (bool more = true; more && !word.empty();) {
      const auto take = [&](std::string_view mark, bool& flag) {
        more = word.size() > mark.size() && word.substr(word.size() - mark.size()) == mark;
        if (more) word.remove_suffix(mark.size());
        flag = flag || more;
        return more;
      };
      more = take("?", p.optional) || take(":", p.constant) || take("*", p.rest) || take("...", p.list);
    }
    for (bool first = true; !word.empty(); first = false) {
      const std::size_t bar = word.find('|');
      if (first)
        p.name = std::string(word.substr(0, bar));
      else
        p.aliases.push_back(word.substr(0, bar));
      word = bar == std::string_view::npos ? std::string_view() : word.substr(bar + 1);
    }
    parameters.push_back(std::move(p));
  }
  return parameters;
}

/// The parameters of a signature and their values in a call; null for missing optional ones.
struct BoundCall {
  List<CallParameter> parameters;
  std::vector<Config> values;
};

/// Binds the arguments of a call, {"args": [...], "kwargs": {...}}, to the parameters of a signature. Throws a
/// ValueError for an unknown, repeated or missing argument; `who` names the layer or operation in it.
template <int = 0>
BoundCall bind_call(const std::string& who, std::string_view signature, const Config& call) {
  BoundCall bound{parameters_of(signature), {}};
  bound.values.resize(bound.parameters.size());
  List<bool> given;
  given.resize(bound.parameters.size());
  const Config* positional = call.find("args");
  const Config* named = call.find("kwargs");
  if (positional != nullptr) {
    std::size_t next = 0;
    for (const Config& value : positional->elements()) {
      if (next == bound.parameters.size())
        raise<ValueError>(who, ", call: expected at most ", bound.parameters.size(), " positional arguments, got ",
                          positional->size());
      if (bound.parameters[next].rest) {
        bound.values[next].push_back(value);
      } else {
        bound.values[next] = value;
      }
      given[next] = true;
      if (!bound.parameters[next].rest) ++next;
    }
  }
  if (named != nullptr) {
    for (const auto& [name, value] : named->members()) {
      std::size_t at = 0;
      const auto is_it = [&, &key = name](const CallParameter& p) {
        bool same = p.name == key;
        for (const std::string_view alias : p.aliases) same = same || alias == key;
        return same;
      };
      while (at < bound.parameters.size() && !is_it(bound.parameters[at])) ++at;
      if (at == bound.parameters.size()) {
        List<std::string_view> known;
        for (const CallParameter& p : bound.parameters) known.push_back(p.name);
        raise_unknown_name(text(who, ": argument of the call").c_str(), name, known);
      }
      if (given[at]) raise<ValueError>(who, ": the argument \"", name, "\" of the call is given twice. Give it once.");
      bound.values[at] = value;
      given[at] = true;
    }
  }
  for (std::size_t i = 0; i < given.size(); ++i)
    if (!given[i] && !bound.parameters[i].optional)
      raise<ValueError>(who, ": the argument \"", bound.parameters[i].name, "\" of the call is missing");
  return bound;
}

/// True if a value is an object of this class: {"class_name": class_name, ...}.
LAMINA_COLD inline bool has_class(const Config& value, std::string_view class_name) {
  const Config* name = value.find("class_name");
  return name != nullptr && name->is_string() && name->as_string() == class_name;
}
/// True if a value refers to a tensor of the graph.
inline bool is_tensor(const Config& value) { return has_class(value, "__keras_tensor__"); }
/// True if a value is or contains a tensor of the graph.
template <int = 0>
bool contains_tensor(const Config& value) {
  if (is_tensor(value)) return true;
  if (value.is_map())
    for (const Config::Member& m : value.members())
      if (contains_tensor(m.second)) return true;
  if (value.is_list())
    for (const Config& element : value.elements())
      if (contains_tensor(element)) return true;
  return false;
}

/// Returns the members of a dictionary sorted by key, the order in which Keras flattens it.
template <int = 0>
List<Config::Member> sorted_members(const Config& map) {
  List<Config::Member> members = map.members();
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return members;
}

/// Appends the tensors of nested lists and dictionaries in Keras's order, dictionaries by sorted keys. Throws a
/// ValueError for other values.
template <int = 0>
void flatten_tensors(const std::string& who, const std::string& name, const Config& value,
                     std::vector<Config>& tensors) {
  if (is_tensor(value)) {
    tensors.push_back(value);
  } else if (value.is_list()) {
    for (const Config& element : value.elements()) flatten_tensors(who, name, element, tensors);
  } else if (value.is_map() && value.find("class_name") == nullptr) {
    for (const Config::Member& m : sorted_members(value)) flatten_tensors(who, name, m.second, tensors);
  } else {
    raise<ValueError>(who, ": the argument \"", name, "\" of the call: expected tensors of the graph, got ",
                      value.to_string());
  }
}

/// Returns the arguments of a call with these tensors: one for each parameter in order; a list parameter takes all that
/// remain.
template <int = 0>
LAMINA_COLD Config call_config(std::string_view signature, std::vector<Config> tensors) {
  Config args = Config::list(), kwargs = Config::map(), call = Config::map();
  std::size_t next = 0;
  for (const CallParameter& p : parameters_of(signature)) {
    if (next == tensors.size()) break;
    if (!p.list) {
      args.push_back(std::move(tensors[next++]));
      continue;
    }
    const bool first = next == 0, one = next + 1 == tensors.size();
    Config rest = Config::list();
    while (next < tensors.size()) rest.push_back(std::move(tensors[next++]));
    if (one) rest = Config(rest[0]);
    if (first)
      args.push_back(std::move(rest));
    else
      kwargs[p.name] = std::move(rest);
  }
  call["args"] = std::move(args);
  call["kwargs"] = std::move(kwargs);
  return call;
}

}  // namespace lamina::detail
