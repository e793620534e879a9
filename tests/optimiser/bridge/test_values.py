"""What the docstring of the objective's weights promises."""

from optimiser.bridge.contacts import answer_chance
from optimiser.model import VisitRules, VisitValues
from optimiser.model.visits import PartOfDay

RULES, VALUES = VisitRules(), VisitValues()


def test_no_request_is_worth_dropping_for_a_days_knocking():
    most = max(answer_chance(0, part, RULES) for part in PartOfDay)
    for chance in (most, 1.0):
        minutes = RULES.knock_minutes + chance * RULES.talk_minutes
        points_an_hour = 60 / minutes * chance * VALUES.conversation * VALUES.conversation_due
        assert VALUES.request > 6 * points_an_hour
        late = VALUES.request * VALUES.due_this_week * VALUES.late  # late is due by the week's end
        assert late > 3 * points_an_hour


def test_each_tier_outweighs_the_next():
    assert VALUES.statutory_on_time >= 5 * 4 * VALUES.request * VALUES.due_this_week
    assert VALUES.conversation >= 2 * VALUES.own_officer
    assert VALUES.own_officer >= 50 * VALUES.walk_minute
