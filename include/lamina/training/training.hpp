#pragma once
// How models are trained: options, callbacks' base, compiled losses and metrics, history, progress.
#include "lamina/training/callback.hpp"
#include "lamina/training/callback_hooks.hpp"
#include "lamina/training/compiled_loss_and_metrics.hpp"
#include "lamina/training/compiled_trainable.hpp"
#include "lamina/training/history.hpp"
#include "lamina/training/options.hpp"
#include "lamina/training/progress.hpp"
#include "lamina/training/trainer.hpp"
