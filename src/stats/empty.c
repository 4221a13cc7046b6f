/* The stats module has no code yet. */
extern int stats_module_is_empty;
int stats_module_is_empty;
