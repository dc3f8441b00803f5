"""Fordelingsregler: the rules in their order, the form of one, its trial, and what was learned."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, request
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin_views import routing_form
from admin_views.console import CONTROL, ConsoleView, Outcome, see_other, whole_number
from admin_views.routing_form import FIELDS, TEST_WORDS, RuleForm
from admin_views.texts import mark, say
from digitalpost.errors import Refused, Sentence
from digitalpost.incoming.action_words import actions_in_words
from digitalpost.incoming.conditions import All, Condition, read_condition
from digitalpost.incoming.learn_words import never_words
from digitalpost.incoming.lessons import accuracy, shown_never, suggest_again
from digitalpost.incoming.receivers import receivers
from digitalpost.incoming.routing_rules import (
    change_routing_rule,
    create_routing_rule,
    delete_routing_rule,
    move_routing_rule,
    switch_routing_rule,
)
from digitalpost.incoming.rule_rows import as_rules
from digitalpost.incoming.rule_words import lines_of
from digitalpost.incoming.rules import Rule, read_actions
from digitalpost.incoming.trial import PAGE, look_back, try_rule
from digitalpost.models import CaseType, NeverSuggested, RoutingRule, Unit


class RoutingRulesView(ConsoleView):
    """The rules of the visitor's units, and everything that is done with them."""

    permission = "routing.read"
    icon = "right"

    def __init__(self) -> None:
        name = mark("Fordelingsregler")
        super().__init__(name=name, category=CONTROL, endpoint="routing", url="/routing")

    @expose("/")
    def index(self) -> str:
        """Every rule in the order in which they are asked, unit by unit."""
        rows = self.db.scalars(
            select(RoutingRule).order_by(RoutingRule.unit_id, RoutingRule.position, RoutingRule.id)
        ).all()
        asked = {rule.id: rule for rule in as_rules(self.db, rows)}
        units = [
            (unit, [(row, self._words(asked[row.id])) for row in rows if row.unit_id == unit.id])
            for unit in self._units()
        ]
        return self.render("console/routing.html", units=units)

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> str | Response | AnyResponse:
        """The form for a new rule of a unit."""
        units = self._units()
        wanted = whole_number(request.values.get("unit", "")) or (units[0].id if units else 0)
        unit = next((one for one in units if one.id == wanted), None) or abort(404)
        form = RuleForm()
        if request.method == "GET":
            return self._form(form, unit, None, [])

        unit_id = unit.id  # read now: in the middle of the act it would be read anew

        def create(session: Any, actor: Any, **values: Any) -> RoutingRule:
            return create_routing_rule(session, actor, session.get_one(Unit, unit_id), **values)

        return self._save(unit, None, create)

    @expose("/<int:row_id>/edit", methods=("GET", "POST"))
    def edit(self, row_id: int) -> str | Response | AnyResponse:
        """The form for a rule that is there."""
        row = self.row(RoutingRule, row_id)
        unit = self.db.get_one(Unit, row.unit_id)
        if request.method == "POST":
            return self._save(unit, row, change_routing_rule)
        condition, actions = read_condition(row.condition), read_actions(row.actions)
        form = routing_form.form_of(row.name, condition, actions, row.stops)
        return self._form(form, unit, row, []) if form is not None else abort(404)

    @expose("/<int:row_id>/move", methods=("POST",))
    def move(self, row_id: int) -> AnyResponse:
        """Ask a rule one place earlier or later."""
        by = -1 if request.form.get("by") == "up" else 1
        self.act(move_routing_rule, row=(RoutingRule, row_id), by=by)
        return see_other(".index", _anchor=f"rule-{row_id}")

    @expose("/<int:row_id>/switch", methods=("POST",))
    def switch(self, row_id: int) -> AnyResponse:
        """Switch a rule on or off."""
        on = request.form.get("on") == "1"
        done = gettext("Reglen er slået til.") if on else gettext("Reglen er slået fra.")
        outcome = self.act(switch_routing_rule, row=(RoutingRule, row_id), on=on, done=done)
        if not outcome:
            return see_other(".trial", row_id=row_id)
        return see_other(".index", _anchor=f"rule-{row_id}")

    @expose("/<int:row_id>/trial", methods=("GET", "POST"))
    def trial(self, row_id: int) -> str | AnyResponse:
        """What the rule would have done with last year's mail; shown after it was tried once."""
        row = self.row(RoutingRule, row_id)
        if request.method == "POST":
            self.act(try_rule, row=(RoutingRule, row_id))
            return see_other(".trial", row_id=row_id)
        page = max(1, whole_number(request.args.get("page", "1")))
        [rule] = as_rules(self.db, [row])
        is_tried = row.tried_at is not None and row.tried_at >= row.changed_at
        found = look_back(self.db, self.actor, row, page=page) if is_tried else None
        shown = found.count - found.hidden if found is not None else 0
        return self.render(
            "console/routing_trial.html",
            row=row,
            words=self._words(rule),
            trial=found,
            page=page,
            first=(page - 1) * PAGE + 1,
            is_last=page * PAGE >= shown,
            may_change=self.actor.may("routing.manage"),
        )

    @expose("/<int:row_id>/delete", methods=("GET", "POST"))
    def delete(self, row_id: int) -> str | AnyResponse:
        """Ask first, then delete."""
        row = self.row(RoutingRule, row_id)
        if request.method == "POST":
            done = gettext("Reglen er slettet.")
            if self.act(delete_routing_rule, row=(RoutingRule, row_id), done=done):
                return see_other(".index")
            row = self.row(RoutingRule, row_id)
        return self.render("console/routing_delete.html", row=row)

    @expose("/suggestions")
    def suggestions(self) -> str:
        """How good the suggestions are, and what is never suggested."""
        nevers = self.db.scalars(select(NeverSuggested).order_by(NeverSuggested.id.desc())).all()
        return self.render(
            "console/routing_suggestions.html",
            months=accuracy(self.db, self.actor),
            nevers=[
                (row, never_words(self.db, row.target, *shown_never(self.db, row)))
                for row in nevers
            ],
        )

    @expose("/suggestions/<int:never_id>/again", methods=("POST",))
    def again(self, never_id: int) -> AnyResponse:
        """Suggest something again that was never to be suggested."""
        done = gettext("Det bliver foreslået igen.")
        self.act(suggest_again, row=(NeverSuggested, never_id), done=done)
        return see_other(".suggestions")

    def _units(self) -> list[Unit]:
        """The visitor's own units."""
        return [
            unit
            for unit in self.db.scalars(select(Unit).order_by(Unit.name))
            if self.actor.scope.holds(unit.id)
        ]

    def _words(self, rule: Rule) -> dict[str, Any]:
        is_read = bool(rule.actions)
        form = routing_form.form_of(rule.name, rule.condition, rule.actions, rule.stops)
        return {
            "when": lines_of(rule.condition) if is_read else [],
            "then": actions_in_words(self.db, rule.actions),
            "problem": rule.problem,
            "may_edit": is_read and form is not None,
        }

    def _form(
        self, form: RuleForm, unit: Unit, row: RoutingRule | None, problems: list[Any]
    ) -> str:
        return self.render(
            "console/routing_form.html",
            form=form,
            unit=unit,
            row=row,
            problems=problems,
            fields=FIELDS,
            tests=TEST_WORDS,
            groups=(routing_form.ALL, routing_form.ANY),
            receivers=receivers(self.db, self.actor),
            case_types=self.db.scalars(select(CaseType).order_by(CaseType.name, CaseType.id)).all(),
        )

    def _save(self, unit: Unit, row: RoutingRule | None, use_case: Any) -> Any:
        form = routing_form.read_form(request.form)
        kept = routing_form.kept_numbers(_condition(row))
        condition, form, problems = routing_form.condition_of(form, self.db.vault, kept)
        actions, more = routing_form.actions_of(form)
        sentences: list[Sentence] = [*problems, *more]
        if not sentences:
            outcome: Outcome = self.act(
                use_case,
                quiet=True,
                name=form.name,
                condition=condition,
                actions=actions,
                stops=form.stops,
                **({"row": (RoutingRule, row.id)} if row is not None else {}),
            )
            if outcome:
                return self._saved(outcome.value)
            tied = zip(outcome.codes, outcome.reasons, strict=True)
            body = self._form(form, unit, row, [_tied(*one) for one in tied])
        else:
            body = self._form(form, unit, row, [_tied(one.code, say(one)) for one in sentences])
        return Response(body, 422)

    def _saved(self, row_id: int) -> AnyResponse:
        row = self.row(RoutingRule, row_id)
        if row.is_on:
            flash(gettext("Gemt."), "success")
            return see_other(".index", _anchor=f"rule-{row_id}")
        flash(gettext("Reglen er gemt. Prøv den nu, så kan den slås til."), "success")
        return see_other(".trial", row_id=row_id)


def _tied(code: str, text: str) -> Any:
    """A problem for the summary: with a link to its field where it is about one."""
    return (code, text) if code else text


def _condition(row: RoutingRule | None) -> Condition:
    """The condition of a rule that is there; one that asks nothing when it can't be read."""
    try:
        return read_condition(row.condition) if row is not None else All(())
    except Refused:
        return All(())
