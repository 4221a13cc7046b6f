/* The report module has no code yet. */
extern int report_module_is_empty;
int report_module_is_empty;
