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

/// A T, owned as a Base: in place of std::make_shared<T>, which compiles a control block with twenty functions for each T.
template <class Base, class T, class... Arguments>
LAMINA_COLD std::shared_ptr<Base> share_as(Arguments&&... arguments) {
  static_assert(std::has_virtual_destructor_v<Base> ||
                std::is_same_v<std::remove_const_t<Base>, std::remove_const_t<T>>);
  return std::shared_ptr<Base>(static_cast<Base*>(new T(std::forward<Arguments>(arguments)...)));
}
template <class Base, class T>
std::shared_ptr<Base> make_strategy() {
  return share_as<Base, T>();
}
template <class Base>
using MakeStrategy = std::shared_ptr<Base> (*)();

/// What users registered, of all kinds: by kind and name, a function that makes it. The functions differ by kind, which
/// only CustomObjects knows.
class CustomObjectRegistry {
 public:
  /// `thread`: the thread that finds the entry, by its `this_thread`; null for all threads.
  LAMINA_COLD static void add(const void* kind, std::string_view name, std::shared_ptr<const void> make,
                              const void* thread = nullptr) {
    const std::lock_guard lock(mutex());
    entries().push_back({kind, std::string(name), std::move(make), thread});
  }
  /// Removes the entry that was added last with this function, kind, name and thread.
  static void remove(const void* kind, std::string_view name, const void* make, const void* thread) {
    const std::lock_guard lock(mutex());
    for (std::size_t i = entries().size(); i-- > 0;) {
      const Entry& entry = entries()[i];
      if (entry.kind == kind && entry.name == name && entry.make.get() == make && entry.thread == thread)
        return entries().erase(i);
    }
  }
  /// Returns the function that was registered last under this name, for the calling thread rather than for all; null if
  /// there is none.
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
  /// An address that no other running thread has.
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
    static auto& m = *new std::mutex;  // never destroyed, as destructors of static objects may look for names
    return m;
  }
  static List<Entry>& entries() {
    static auto& all = *new List<Entry>;
    return all;
  }
};

/// The classes and functions of one kind that users registered.
template <class Base>
class CustomObjects {
 public:
  /// Makes one from its configuration.
  using Make = std::function<std::shared_ptr<Base>(const Config&)>;

  LAMINA_COLD static void add(std::string_view name, Make make) {
    CustomObjectRegistry::add(&kind, name, std::make_shared<const Make>(std::move(make)));
  }
  /// Null if there is none of this name.
  static std::shared_ptr<const Make> find(std::string_view name) {
    return std::static_pointer_cast<const Make>(CustomObjectRegistry::find(&kind, name));
  }
  /// The key of this kind in CustomObjectRegistry.
  static const void* key() noexcept { return &kind; }

 private:
  static inline char kind = 0;  // its address stands for the kind
};

/// Whether T has a static `from_config` that returns a T. One that is inherited returns another class.
template <class T>
concept HasFromConfig = requires(const Config& config) {
  { T::from_config(config) } -> std::same_as<T>;
};
/// The same for a shared pointer to T.
template <class T>
concept HasSharedFromConfig = requires(const Config& config) {
  { T::from_config(config) } -> std::same_as<std::shared_ptr<T>>;
};

/// Makes a T by the arguments in a configuration: by its own `from_config`, by its struct `Arguments`, or with its
/// defaults.
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

/// What `{"class_name": ..., "config": {...}}`, or a name alone, says.
struct NamedArguments {
  explicit NamedArguments(const Config& described)
      : name(described.is_string() ? described.as_string() : described.at("class_name").as_string()) {
    const Config* given = described.find("config");
    arguments = given == nullptr || given->is_null() ? Config::map() : *given;
  }
  std::string name;
  Config arguments;
};

/// A class of a table, made by its name and arguments.
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

/// A table of classes that derive from Base, by Keras name.
template <class Base, class... Entries>
struct StrategyTable : NameTable<same_name, Entries...> {
  using Names = NameTable<same_name, Entries...>;
  /// Returns the function that makes what a name stands for with its defaults; null if there is none.
  template <std::size_t length>
  static constexpr detail::MakeStrategy<Base> find(std::string_view name) {
    // A function is never compared with nullptr here: under -fsanitize=undefined that is no constant expression.
    detail::MakeStrategy<Base> make = nullptr;
    Names::template find<length>(
        name, [&]<class Entry>(Entry*) { make = detail::make_strategy<Base, typename Entry::type>; });
    return make;
  }
  /// Makes the entry of this name with these arguments; null if there is none.
  static std::shared_ptr<Base> make(const detail::NamedArguments& given) {
    static constexpr detail::TableClass<Base> all[] = {
        {Entries::text, detail::make_named<Base, typename Entries::type>}...};
    for (const detail::TableClass<Base>& entry : all)
      if (same_name(entry.name, given.name)) return entry.make(given);
    return nullptr;
  }
  /// Makes what `{"class_name": ..., "config": {...}}` or a name describes: an entry of the table, or what was
  /// registered.
  static std::shared_ptr<Base> from_config(const char* kind, const Config& described) {
    const detail::NamedArguments given(described);
    if (std::shared_ptr<Base> made = make(given)) return made;
    if (const auto custom = detail::CustomObjects<Base>::find(given.name)) return (*custom)(given.arguments);
    Names::raise_unknown(kind, given.name);
  }
};

/// A strategy as an option: a Keras name, an object, or a shared pointer to one.
///
/// A name that is written in the program is looked up while it is compiled, and only what it names is compiled with it:
/// forty neighbours in the table cost nothing. A name known only when the program runs is passed as a std::string.
/// `Family` has `kind`, the word for errors, and `Table`; names are matched as in Keras, "Adam" as well as "adam".
template <class Base, class Family>
class StrategyArgument {
 public:
  constexpr StrategyArgument() noexcept {}
  template <std::size_t N>
  consteval StrategyArgument(const char (&name)[N])  // NOLINT: names stand for strategies
      : make_(Family::Table::template find<N - 1>(std::string_view(name, N - 1))), literal_(name) {}
  template <class String>
    requires(std::is_same_v<String, std::string> || std::is_same_v<String, const char*>)
  StrategyArgument(const String& name)  // NOLINT
      : make_(Family::Table::template find<0>(name)), owner_(new Owner{nullptr, name}) {}
  template <class T>
    requires std::is_base_of_v<Base, T>
  StrategyArgument(T object) : StrategyArgument(detail::share_as<Base, T>(std::move(object))) {}  // NOLINT
  template <class T>
    requires std::is_convertible_v<T*, Base*>
  StrategyArgument(std::shared_ptr<T> object) : owner_(new Owner{std::move(object), {}}) {}  // NOLINT
  /// Whatever else the family can make a strategy of: functions, say.
  template <class F>
    requires requires(F function) { Family::adapt(std::move(function)); }
  StrategyArgument(F function) : owner_(new Owner{Family::adapt(std::move(function)), {}}) {}  // NOLINT

  constexpr StrategyArgument(const StrategyArgument& other)
      : make_(other.make_),
        literal_(other.literal_),
        owner_(other.owner_ == nullptr ? nullptr : new Owner(*other.owner_)) {}
  constexpr StrategyArgument(StrategyArgument&& other) noexcept
      : make_(other.make_), literal_(other.literal_), owner_(std::exchange(other.owner_, nullptr)) {}
  constexpr StrategyArgument& operator=(StrategyArgument other) noexcept {
    std::swap(make_, other.make_);
    std::swap(literal_, other.literal_);
    std::swap(owner_, other.owner_);
    return *this;
  }
  constexpr ~StrategyArgument() {
    if (owner_ != nullptr) delete owner_;
  }

  /// The strategy that T is, with its defaults: for the default of an option.
  template <class T>
  static constexpr StrategyArgument of() noexcept {
    StrategyArgument argument;
    argument.make_ = detail::make_strategy<Base, T>;
    return argument;
  }

  constexpr bool given() const noexcept { return make_ != nullptr || literal_ != nullptr || owner_ != nullptr; }

  /// The strategy itself; empty where none was given. An unknown name is an error that suggests the nearest one.
  LAMINA_COLD std::shared_ptr<Base> resolve() const {
    if (make_ != nullptr) return make_();
    if (owner_ != nullptr && owner_->object != nullptr) return owner_->object;
    if (!given()) return nullptr;
    if (const auto custom = detail::CustomObjects<Base>::find(name())) return (*custom)(Config::map());
    Family::Table::raise_unknown(Family::kind, name());
  }
  /// The name that was given; empty for an object.
  constexpr std::string_view name() const noexcept {
    if (literal_ != nullptr) return literal_;
    return owner_ != nullptr ? std::string_view(owner_->name) : std::string_view();
  }

  /// `{"class_name": ..., "config": {...}}`; null where none was given.
  LAMINA_COLD Config to_config() const {
    const std::shared_ptr<Base> object = resolve();
    return object == nullptr ? Config() : named_config(object->class_name(), object->get_config());
  }
  /// From what `to_config` gives, a name, or null.
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
/// Converts to any argument, but a T or a string.
template <class T>
struct AnyArgument {
  template <class U>
    requires(!std::is_same_v<std::remove_cvref_t<U>, T> && !std::is_constructible_v<std::string, U>)
  operator U() const;
};

/// Returns the function that makes a custom class from its configuration.
template <class T>
auto make_custom(const std::string& name) {
  static_assert(
      HasFromConfig<T> || HasSharedFromConfig<T> || requires { typename T::Arguments; } ||
          !std::is_constructible_v<T, AnyArgument<T>>,
      "the constructor of this class takes arguments, which a configuration would lose: give the class a "
      "struct Arguments, or a static from_config, and a get_config");
  return [name](const Config& config) -> std::shared_ptr<typename T::StrategyBase> {
    return make_from_config<T>(name, config, {"name", "trainable", "dtype"});
  };
}
}  // namespace detail

/// Registers a custom class by name: options given as a std::string and configurations then find it. It is made from a
/// configuration by its static `from_config(const Config&)`, which returns a T or a std::shared_ptr<T>; by its struct
/// `Arguments` (see core/arguments.hpp), of which an object is constructed; or, if its constructor takes no arguments
/// but a name, by its default constructor. Its `get_config` returns what is read there.
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
