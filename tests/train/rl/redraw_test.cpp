// Groups that are all paid alike are drawn again.
#include "train/rl/redraw.h"

#include <doctest/doctest.h>
#include <vector>

using namespace qstar;
using namespace qstar::train;

namespace {

// Groups of two that earn what `scores` says, one pair a group.
PaidEpisodes paid(const std::vector<std::vector<float>>& scores) {
    PaidEpisodes all;
    for (size_t g = 0; g < scores.size(); ++g)
        for (const float score : scores[g]) {
            Episode episode;
            episode.group = static_cast<int>(g);
            episode.prompt = 1;
            episode.tokens = {0, static_cast<int>(10 * score)};
            all.episodes.push_back(episode);
            all.rewards.push_back({{1, score}});
        }
    return all;
}

std::vector<int> groups_of(const PaidEpisodes& all) {
    std::vector<int> groups;
    for (const Episode& episode : all.episodes) groups.push_back(episode.group);
    return groups;
}

} // namespace

TEST_CASE("of groups those stay whose scores differ") {
    const PaidEpisodes kept = differing_groups(paid({{1, 1}, {0, 1}, {0, 0}, {1, 0}}), 5);
    CHECK(groups_of(kept) == std::vector<int>{5, 5, 6, 6});
    REQUIRE(kept.rewards.size() == 4);
    CHECK(kept.rewards[0][0].value == 0);
    CHECK(kept.rewards[2][0].value == 1);
    CHECK(kept.episodes[2].tokens[1] == 10);
}

TEST_CASE("what is missing is drawn again, as long as the rounds last") {
    std::vector<std::pair<int64_t, int64_t>> asked; // round, groups
    const auto draw = [&](int64_t round, int64_t groups) {
        asked.emplace_back(round, groups);
        if (round == 0) return paid({{1, 1}, {0, 1}, {0, 0}});
        if (round == 1) return paid({{0, 0}, {1, 0}});
        return paid({{0, 1}});
    };
    PaidEpisodes drawn;
    PaidEpisodes kept = draw_differing(3, 9, draw, drawn);
    CHECK(groups_of(kept) == std::vector<int>{0, 0, 1, 1, 2, 2});
    CHECK(asked == std::vector<std::pair<int64_t, int64_t>>{{0, 3}, {1, 2}, {2, 1}});
    CHECK(drawn.episodes.size() == 12);
    CHECK(drawn.rewards.size() == 12);

    kept = draw_differing(3, 1, draw, drawn); // fewer than asked for
    CHECK(groups_of(kept) == std::vector<int>{0, 0, 1, 1});

    // Where nothing differs, the first draw stands: a step with nothing to learn, but a step.
    const auto alike = [](int64_t round, int64_t groups) {
        return paid(std::vector<std::vector<float>>(static_cast<size_t>(groups),
                                                    {static_cast<float>(round), 0.0f + round}));
    };
    kept = draw_differing(2, 3, alike, drawn);
    CHECK(kept.episodes.size() == 4);
    CHECK(kept.rewards[0][0].value == 0);
    CHECK(drawn.episodes.size() == 16);
}
