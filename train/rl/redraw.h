#pragma once
// Groups that say nothing are drawn again (dynamic sampling of DAPO: Yu et al., "DAPO: An
// Open-Source LLM Reinforcement Learning System at Scale", 2503.14476, 2025).
//
// Where all solutions of a problem earn the same, all right or all wrong, every advantage is 0, and
// the group only makes the batch smaller. New problems take its place.

#include "train/rl/rl_reward.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace qstar::train {

struct PaidEpisodes {
    std::vector<Episode> episodes; // those of a group side by side
    Rewards rewards;               // of each
};

// Those of groups whose scores differ, with their groups numbered anew from `first`.
PaidEpisodes differing_groups(const PaidEpisodes& all, int first = 0);

// draw(round, groups) gives so many fresh groups. Round 0 draws `groups` of them, up to `rounds`
// more those that are missing still. Fewer come back where the rounds do not suffice; if nothing
// differs, the first draw. `drawn`: all that was drawn, in order.
PaidEpisodes draw_differing(int64_t groups, int64_t rounds,
                            const std::function<PaidEpisodes(int64_t round, int64_t groups)>& draw,
                            PaidEpisodes& drawn);

} // namespace qstar::train
