"""The persistent world: facts about invented companies and sites that stay the same through the whole
corpus.

They are asked again and again in different wordings and never stated beforehand, so the model has to keep
them in its weights and to learn that different wordings ask the same thing: the skill that fine-tuning on
a real company needs.
"""

from random import Random

from workbench.demo.corpus.relation import Fact, new_fact
from workbench.demo.corpus.relations_people import PEOPLE_RELATIONS
from workbench.demo.corpus.relations_places import PLACE_RELATIONS
from workbench.demo.corpus.relations_products import PRODUCT_RELATIONS
from workbench.demo.corpus.relations_rules import RULE_RELATIONS
from workbench.demo.corpus.relations_work import WORK_RELATIONS
from workbench.demo.corpus.word_lists import CITIES
from workbench.demo.corpus.words import SLOTS, invented

ALL_RELATIONS = PLACE_RELATIONS + RULE_RELATIONS + WORK_RELATIONS + PEOPLE_RELATIONS + PRODUCT_RELATIONS
COMPANIES = 12
SITES = 24
WORLD_SEED = 7


def build_world(facts_per_relation: int = 10, seed: int = WORLD_SEED) -> list[Fact]:
    """The same facts for the same seed: distinct subjects within each relation."""
    rng = Random(seed)
    companies = [invented(rng) for _ in range(COMPANIES)]
    sites = rng.sample(CITIES, SITES)
    world: list[Fact] = []
    for relation in ALL_RELATIONS:
        seen: set[tuple[str, ...]] = set()
        for _ in range(facts_per_relation * 3):
            values = dict(new_fact(relation, rng).values)
            for slot, pool in (("company", companies), ("city", sites)):
                if slot in relation.subject_slots:
                    values[slot] = rng.choice(pool)
            subject = tuple(values[slot] for slot in relation.subject_slots)
            if subject not in seen and len(seen) < facts_per_relation:
                seen.add(subject)
                world.append(Fact(relation, values))
    return world


def unused_slots(fact: Fact) -> set[str]:
    """Slots of the fact that no template of its relation knows: always empty, checked by a test."""
    return set(fact.values) - set(fact.relation.slots) | (set(fact.relation.slots) - set(SLOTS))
