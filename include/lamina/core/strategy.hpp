#pragma once
#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "lamina/core/arguments.hpp"
#include "lamina/core/list.hpp"
#include "lamina/core/name_table.hpp"
#include "lamina/core/names.hpp"

namespace lamina {

namespace detail {

/// Creates a T owned by a shared pointer to Base. Replaces std::make_shared<T>, which instantiates a control block with
/// twenty functions for each T.
template <class Base, class T, class... Arguments>
LAMINA_COLD std::shared_ptr<Base> share_as(Arguments&&... arguments) {
  static_assert(std::has_virtual_destructor_v<Base> ||
                std::is_same_v<std::remove_const_t<Base>, std::remove_const_t<T>>);
  return std::shared_ptr<Base>(static_cast<Base*>(new T(std::forward<Arguments>(arguments)...)));
}
/// Creates a T with default arguments. A class that has no defaults throws the ValueError of its static
/// `raise_needs_arguments`.
template <class Base, class T>
std::shared_ptr<Base> make_strategy() {
  if constexpr (std::is_default_constructible_v<T>)
    return share_as<Base, T>();
  else
    T::raise_needs_arguments();
}
template <class Base>
using MakeStrategy = std::shared_ptr<Base> (*)();

/// The global registry of custom objects: factory functions by kind and name. CustomObjects restores their type.
class CustomObjectRegistry {
 public:
  /// Adds an entry. `thread`: only the thread with this `this_thread` finds it; null for all threads.
  LAMINA_COLD static void add(const void* kind, std::string_view name, std::shared_ptr<const void> make,
                              const void* thread = nullptr) {
    const std::lock_guard lock(mutex());
    entries().push_back({kind, std::string(name), std::move(make), thread});
  }
  /// Removes the last entry added with this function, kind, name and thread.
  static void remove(const void* kind, std::string_view name, const void* make, const void* thread) {
    const std::lock_guard lock(mutex());
    for (std::size_t i = entries().size(); i-- > 0;) {
      const Entry& entry = entries()[i];
      if (entry.kind == kind && entry.name == name && entry.make.get() == make && entry.thread == thread)
        return entries().erase(i);
    }
  }
  /// Returns the factory function of this name; null if there is none. Entries of the calling thread come before those
  /// of all threads, and later entries before earlier ones.
  LAMINA_COLD static std::shared_ptr<const void> find(const void* kind, std::string_view name) {
    const std::lock_guard lock(mutex());
    const Entry* found = nullptr;
    for (const void* const thread : {static_cast<const void*>(nullptr), this_thread()})
      for (const Entry& entry : entries())
        if (entry.kind == kind && entry.thread == thread &&
            (entry.name == name || same_name(to_snake_case(entry.name), name)))
          found = &entry;
    return found == nullptr ? nullptr : found->make;
  }
  /// Returns an address that is unique to the calling thread among all running threads.
  static const void* this_thread() noexcept {
    static constinit thread_local char here = 0;
    return &here;
  }

 private:
  struct Entry {
    const void* kind;
    std::string name;
    std::shared_ptr<const void> make;
    const void* thread;
  };
  static std::mutex& mutex() {
    static auto& m = *new std::mutex;  // never destroyed: destructors of static objects may look up names
    return m;
  }
  static List<Entry>& entries() {
    static auto& all = *new List<Entry>;
    return all;
  }
};

/// The custom objects of one kind, that is, with one base class.
template <class Base>
class CustomObjects {
 public:
  /// Creates an object from its configuration.
  using Make = std::function<std::shared_ptr<Base>(const Config&)>;

  LAMINA_COLD static void add(std::string_view name, Make make) {
    CustomObjectRegistry::add(&kind, name, std::make_shared<const Make>(std::move(make)));
  }
  /// Returns the function registered under this name; null if there is none.
  static std::shared_ptr<const Make> find(std::string_view name) {
    return std::static_pointer_cast<const Make>(CustomObjectRegistry::find(&kind, name));
  }
  /// The key of this kind in CustomObjectRegistry.
  static const void* key() noexcept { return &kind; }

 private:
  static inline char kind = 0;  // its address identifies the kind
};

/// True if T has a static `from_config` that returns a T. (An inherited one returns another class.)
template <class T>
concept HasFromConfig = requires(const Config& config) {
  { T::from_config(config) } -> std::same_as<T>;
};
/// True if T has a static `from_config` that returns a shared pointer to T.
template <class T>
concept HasSharedFromConfig = requires(const Config& config) {
  { T::from_config(config) } -> std::same_as<std::shared_ptr<T>>;
};

/// Creates a T from its configuration: by its static `from_config`, from its struct `Arguments`, or, if it has neither,
/// by its default constructor. `common`: names of further arguments to ignore.
template <class T>
std::shared_ptr<T> make_from_config(const std::string& class_name, const Config& config,
                                    List<std::string_view> common = {}) {
  if constexpr (HasFromConfig<T>) {
    return std::make_shared<T>(T::from_config(config));
  } else if constexpr (HasSharedFromConfig<T>) {
    return T::from_config(config);
  } else if constexpr (requires { typename T::Arguments; }) {
    return std::make_shared<T>(arguments_from<typename T::Arguments>(class_name, config, std::move(common)));
  } else {
    ArgumentReader(class_name, config, std::move(common)).finish();
    return std::make_shared<T>();
  }
}

/// A name and arguments, read from `{"class_name": ..., "config": {...}}` or from a name alone.
struct NamedArguments {
  explicit NamedArguments(const Config& described)
      : name(described.is_string() ? described.as_string() : described.at("class_name").as_string()) {
    const Config* given = described.find("config");
    arguments = given == nullptr || given->is_null() ? Config::map() : *given;
  }
  std::string name;  ///< Name of the class or strategy.
  Config arguments;  ///< Arguments; an empty map by default.
};

/// An entry of a table of classes: a name, and the function that creates an object from its arguments.
template <class Base>
struct TableClass {
  std::string_view name;
  std::shared_ptr<Base> (*make)(const NamedArguments&);
};
template <class Base, class T>
std::shared_ptr<Base> make_named(const NamedArguments& given) {
  return make_from_config<std::remove_const_t<T>>(given.name, given.arguments, {"name", "trainable", "dtype"});
}

}  // namespace detail

/// A table of the classes with base class Base, by Keras name.
template <class Base, class... Entries>
struct StrategyTable : NameTable<same_name, Entries...> {
  using Names = NameTable<same_name, Entries...>;  ///< The names of the entries.
  /// Returns the function that creates the entry `name` with default arguments; null if there is none.
  template <std::size_t length>
  static constexpr detail::MakeStrategy<Base> find(std::string_view name) {
    // No comparison of a function with nullptr: under -fsanitize=undefined it is not a constant expression.
    detail::MakeStrategy<Base> make = nullptr;
    Names::template find<length>(
        name, [&]<class Entry>(Entry*) { make = detail::make_strategy<Base, typename Entry::type>; });
    return make;
  }
  /// Creates the entry `given.name` with `given.arguments`; null if there is none.
  static std::shared_ptr<Base> make(const detail::NamedArguments& given) {
    static constexpr detail::TableClass<Base> all[] = {
        {Entries::text, detail::make_named<Base, typename Entries::type>}...};
    for (const detail::TableClass<Base>& entry : all)
      if (same_name(entry.name, given.name)) return entry.make(given);
    return nullptr;
  }
  /// Creates an object from `{"class_name": ..., "config": {...}}` or from a name: an entry of the table or a
  /// registered custom object. Throws ValueError for an unknown name or invalid arguments. `kind`: what the name
  /// denotes, for errors.
  static std::shared_ptr<Base> from_config(const char* kind, const Config& described) {
    const detail::NamedArguments given(described);
    if (std::shared_ptr<Base> made = make(given)) return made;
    if (const auto custom = detail::CustomObjects<Base>::find(given.name)) return (*custom)(given.arguments);
    Names::raise_unknown(kind, given.name);
  }
};

/// An option that is a strategy (such as an optimizer, loss or initializer): a Keras name, an object, or a shared
/// pointer to an object.
///
/// A string literal is looked up at compile time, and only the class that it names is instantiated, not the whole
/// table. Pass a name known only at run time as a std::string. Names match as in Keras: "Adam" or "adam". `Family`
/// defines `kind`, the word for errors, and `Table`. An unknown literal that is not registered throws ValueError when
/// the strategy is created.
template <class Base, class Family>
class StrategyArgument {
 public:
  constexpr StrategyArgument() noexcept {}
  /// The strategy of this Keras name, looked up at compile time.
  template <std::size_t N>
  consteval StrategyArgument(const char (&name)[N])  // NOLINT: implicit, as all constructors
      : make_(Family::Table::template find<N - 1>(std::string_view(name, N - 1))), literal_(name) {}
  /// The strategy of this name, looked up at run time.
  template <class String>
    requires(std::is_same_v<String, std::string> || std::is_same_v<String, const char*>)
  StrategyArgument(const String& name)  // NOLINT
      : make_(Family::Table::template find<0>(name)), owner_(new Owner{nullptr, name}) {}
  /// A strategy object.
  template <class T>
    requires std::is_base_of_v<Base, T>
  StrategyArgument(T object) : StrategyArgument(detail::share_as<Base, T>(std::move(object))) {}  // NOLINT
  /// A strategy object, shared with the caller.
  template <class T>
    requires std::is_convertible_v<T*, Base*>
  StrategyArgument(std::shared_ptr<T> object) : owner_(new Owner{std::move(object), {}}) {}  // NOLINT
  /// Any other object that the family adapts, such as a function.
  template <class F>
    requires requires(F function) { Family::adapt(std::move(function)); }
  StrategyArgument(F function) : owner_(new Owner{Family::adapt(std::move(function)), {}}) {}  // NOLINT

  /// Copies the option; a strategy object is shared.
  constexpr StrategyArgument(const StrategyArgument& other)
      : make_(other.make_),
        literal_(other.literal_),
        owner_(other.owner_ == nullptr ? nullptr : new Owner(*other.owner_)) {}
  /// Moves the option.
  constexpr StrategyArgument(StrategyArgument&& other) noexcept
      : make_(other.make_), literal_(other.literal_), owner_(std::exchange(other.owner_, nullptr)) {}
  /// Replaces the option.
  constexpr StrategyArgument& operator=(StrategyArgument other) noexcept {
    std::swap(make_, other.make_);
    std::swap(literal_, other.literal_);
    std::swap(owner_, other.owner_);
    return *this;
  }
  constexpr ~StrategyArgument() {
    if (owner_ != nullptr) delete owner_;
  }

  /// Returns the option for the strategy T with default arguments. Used for the defaults of options.
  template <class T>
  static constexpr StrategyArgument of() noexcept {
    StrategyArgument argument;
    argument.make_ = detail::make_strategy<Base, T>;
    return argument;
  }

  /// True if a strategy was given.
  constexpr bool given() const noexcept { return make_ != nullptr || literal_ != nullptr || owner_ != nullptr; }

  /// Returns the strategy; null if none was given. Throws ValueError for an unknown name, and suggests the nearest
  /// known one.
  LAMINA_COLD std::shared_ptr<Base> resolve() const {
    if (make_ != nullptr) return make_();
    if (owner_ != nullptr && owner_->object != nullptr) return owner_->object;
    if (!given()) return nullptr;
    if (const auto custom = detail::CustomObjects<Base>::find(name())) return (*custom)(Config::map());
    Family::Table::raise_unknown(Family::kind, name());
  }
  /// The name, if it was given at run time or is not in the table; empty otherwise.
  constexpr std::string_view name() const noexcept {
    if (literal_ != nullptr) return literal_;
    return owner_ != nullptr ? std::string_view(owner_->name) : std::string_view();
  }

  /// `{"class_name": ..., "config": {...}}`; null if none was given.
  LAMINA_COLD Config to_config() const {
    const std::shared_ptr<Base> object = resolve();
    return object == nullptr ? Config() : named_config(object->class_name(), object->get_config());
  }
  /// Reads the result of `to_config`, a name, or null. Throws ValueError for an unknown name or invalid arguments.
  void from_config(const Config& config) {
    if (config.is_null()) {
      *this = StrategyArgument();
    } else {
      *this = StrategyArgument(Family::Table::from_config(Family::kind, config));
    }
  }

 private:
  struct Owner {
    std::shared_ptr<Base> object;
    std::string name;
  };
  detail::MakeStrategy<Base> make_ = nullptr;
  const char* literal_ = nullptr;
  Owner* owner_ = nullptr;
};

namespace detail {
/// Converts to any type except T and types from which a std::string can be constructed. Detects constructors with an
/// argument.
template <class T>
struct AnyArgument {
  template <class U>
    requires(!std::is_same_v<std::remove_cvref_t<U>, T> && !std::is_constructible_v<std::string, U>)
  operator U() const;
};

/// Returns the function that creates a T from its configuration.
template <class T>
auto make_custom(const std::string& name) {
  static_assert(
      HasFromConfig<T> || HasSharedFromConfig<T> || requires { typename T::Arguments; } ||
          !std::is_constructible_v<T, AnyArgument<T>>,
      "the constructor of this class takes arguments, which its configuration would not contain: add a "
      "struct Arguments, or a static from_config, and a get_config");
  return [name](const Config& config) -> std::shared_ptr<typename T::StrategyBase> {
    return make_from_config<T>(name, config, {"name", "trainable", "dtype"});
  };
}
}  // namespace detail

/// Registers a custom class under a name, so that configurations and options given as std::string find it. An object is
/// created from its configuration in one of three ways: by the class's static `from_config(const Config&)`, which
/// returns a T or a std::shared_ptr<T>; from its struct `Arguments` (see core/arguments.hpp), by the constructor that
/// takes one; or by its default constructor, if no constructor takes arguments other than a name. `get_config` must
/// return what is read there. Keras: `keras.saving.register_keras_serializable`.
///
///     struct Scale : Layer<float> {
///       struct Arguments {
///         double factor = 1;
///         template <class Self, class Field>
///         static void fields(Self& self, Field&& field) { field("factor", self.factor); }
///       };
///       explicit Scale(Arguments arguments) : arguments_(arguments) {}
///       std::string class_name() const override { return "Scale"; }
///       Config get_config() const override { return config_with(arguments_); }
///       Tensor<float> call(const Tensor<float>& x) const override { return x * arguments_.factor; }
///
///      private:
///       Arguments arguments_;
///     };
///     register_custom_object<Scale>("Scale");
template <class T>
void register_custom_object(const std::string& name) {
  detail::CustomObjects<typename T::StrategyBase>::add(name, detail::make_custom<T>(name));
}

}  // namespace lamina
