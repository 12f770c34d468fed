"""stub"""
def rows(quick): return []
