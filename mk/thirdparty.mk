# Third-party files, brought to third_party/NAME/ by scripts/fetch_modules.sh.

third_party/%/fetched: scripts/third_party.tsv scripts/fetch_modules.sh
	$(call say,FETCH,$*)
	$(Q)scripts/fetch_modules.sh --quiet $*
	$(Q)touch $@

.PHONY: fetch
fetch: ## all third-party files at their pinned versions
	$(Q)scripts/fetch_modules.sh
