"""Who judges answers, where a language model is configured?"""

from contextlib import AsyncExitStack

from rag.adapters.chat_judge import ChatJudge
from rag.ports.judging import AnswerJudge
from rag.settings import Settings


def open_judge(settings: Settings, stack: AsyncExitStack) -> AnswerJudge | None:
    """This will give the judge that GROQ_API_KEY allows, closed with `stack`; None where it is unset.

    Nothing is sent before the first answer is judged.
    """
    if settings.groq_api_key is None:
        return None
    judge = ChatJudge(url=settings.llm_url, key=settings.groq_api_key, model=settings.groq_model)
    stack.push_async_callback(judge.aclose)
    return judge
