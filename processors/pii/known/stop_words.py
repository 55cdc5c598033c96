"""Words that are so frequent that none of them, alone, is anybody's name, whatever a record says.

CRMs fill the names that they lack: `[not provided]`, "Do Not Call", "No Name", "New Lead". To mask "not" in every text
of such a record turns its meaning round. Written for this project, in the languages that our texts are in.

Words that are names as well (Can, Mine, Else, Nur) are also in `COMMON_WORDS`, and count where a name would stand.
Those that are among the usual names somewhere (Mia, Ella, Kim, Ben) are not here.
"""

# ruff: noqa: RUF001 - the letters of other languages are the point

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.pii.folding import fold, visible
from processors.pii.known.lexicon import COMMON_WORDS, ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable

_BY_LANGUAGE = (
    # English
    """
    the a an and or but nor not no yes if then than so as at by for from in into of off on onto out over to up upon
    with within without about above across after again against all almost along already also although always am
    among any anybody anyone anything are around ask asked asking available away back be became because become been
    before behind being below between both bring brought but call called calling calls came can cannot come comes
    coming could deal did do does doing done down during each either else enough even ever every everybody everyone
    everything fill find first found full gave get gets getting give given gives go goes going gone got had has have
    having he her here hers him his how however i important information issue it its itself just keep kind knew know
    known last later least leave left let lets like look looking lot made make makes making many me mean meant mine
    missing much must my name need needed needs neither never new next nobody none nothing now number often old once
    one only open order orders other others our ours own per perhaps placeholder please problem provide provided put
    question quite rather really receive received regarding require required right said same saw say says second see
    seem seems seen send sent set several shall she should show since some somebody someone something soon specified
    still such supplied sure take taken takes tell that their theirs them themselves there these they thing things
    think this those though thought through time times today together told tomorrow too took toward towards tried
    true try trying two three four five six seven eight nine ten under until us use used using very want wanted
    wants was way we week well went were what when where whether which while who whole whom whose why work working
    works would year years yesterday yet you your yours yourself given hold invalid assigned confirmed determined
    entered empty details field value record entry
    """,
    # German
    """
    aber alle allem aller alles als also am an andere anderen auch auf aus bei beim bereits bin bis bist bitte
    da dafur dagegen damit danke dann dar das dass dein deine dem den denn der des dessen dich die dies diese diesem
    diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines er es etwas euch eure fur für ganz
    gegen geht gemacht gewesen gibt gut gute habe haben hat hatte hatten hätte hallo heute hier ich ihm ihn ihnen
    ihr ihre ihrem ihren im immer in ist ja jede jeden jeder jedes jetzt kann kein keine keinem keinen keiner können
    könnte konnte machen machte man mehr mein meine meinem meinen meiner mich mir mit muss müssen nach nachname nein
    neue neuen nicht nichts nie noch nun nur ob oder ohne schon sehr sein seine seit sich sie sind so soll sollte
    sondern sonst über um und uns unser unsere unter viel viele vom von vor vorname wann war waren warum was weg
    weil wenn wer werde werden wie wieder wir wird wo wollen worden wurde würde wurden zu zum zur zwei angegeben
    bekannt verfügbar vorhanden
    """,
    # French
    """
    à a ai alors après as assez au aucun aucune aujourd aussi autre autres aux avait avant avec avez avoir avons
    bien bonjour car ce ceci cela celle celui ces cet cette chez comme comment dans de depuis des deux dire dit donc
    dont du elles en encore entre es est et étaient était étais être eu faire fait faites fois hier ici il ils
    jamais je jour la là le les leur leurs lui ma mais me même mêmes merci mes mois moi moins mon ne ni nom nom nos
    notre nous non on ont ou où oui par parce pas pendant peut peux plus plusieurs pour pourquoi prénom près puis
    quand que quel quelle quelles quels quelque qui quoi sa sans se sera ses seulement si soit sommes son sont sous
    suis sur ta tes toi ton toujours tous tout toute toutes très trop tu un une va vers veux vos votre voudrais vous
    vais y renseigné communiqué disponible connu
    """,
    # Spanish
    """
    a acá ahí ahora al algo alguien alguna alguno algunos allí antes apellido aquel aquí así aún aunque ayer bien
    buenas buenos cada casi como cómo con contra cual cuál cuando cuándo cuanto de del desde día días donde dónde
    dos el él ellas ellos en entonces entre era eran es esa esas ese eso esos esta está estaba estado están estar
    estas este esto estos estoy favor fue fueron fui gracias ha había han hace hacer hacia hasta hay he hecho hola
    hoy la las le les lo los luego mañana más me menos mi mis misma mismo mucho muy nada nadie necesito ni ningún
    ninguna no nombre nos nosotros nuestra nuestro nueva nuevo nunca o otra otro para pero poco podemos poder por
    porque puede pueden puedo que qué quien quién quiere quiero se sea según ser será si sí sido siempre sin sobre
    sois somos son soy su sus también tampoco tan tanto te tenemos tener tengo ti tiene tienen toda todas todavía
    todo todos tu tus un unas uno unos usted ustedes va vamos vez voy y ya yo proporcionado disponible conocido
    facilitado
    """,
    # Italian
    """
    a abbiamo adesso agli ai al alla alle allora altra altri altro anche ancora avere aveva bene buongiorno che chi
    ci ciao ciò cognome come con cosa così cui da dagli dai dal dalla dalle degli dei del della delle dello dentro
    di dopo dove due e è ecco ed era erano essere fa fare fatto fra già giorno gli grazie ha hai hanno ho i il in io
    la le li lo loro lui ma mai me meno mentre mi mie miei mio molto ne negli nei nel nella nelle nessuno niente noi
    nome non nostra nostro nulla nuova nuovo o oggi ogni oppure ora per perché però più poco poi posso prima proprio
    può qua qualche quale quando quanto quella quelle quelli quello questa queste questi questo qui quindi se sei
    sempre senza si sia siamo siete solo sono sopra sotto sta stata stato su sua sue sugli sui sul sulla suo suoi
    tra troppo tu tua tutta tutte tutti tutto un uno vi voglio voi vorrei vostra vostro fornito disponibile
    conosciuto
    """,
    # Portuguese
    """
    a agora ainda algo alguém algum alguma amanhã antes ao aos aqui as assim até boa bom cada com como da dar das de
    depois desde dia disso do dois dos e é elas ele eles em então entre era eram essa esse esta está estão estar
    estava este estou eu fazer feito foi foram há hoje isso isto já lá lhe mais mas me menos mesmo meu meus mim
    minha minhas muito na nada não nas nem nenhum nenhuma no nome nos nós nossa nosso nova novo nunca o obrigada
    obrigado olá onde ontem os ou outra outro para pela pelo pode podem por porque posso pouco pra qual quando
    quanto que quem quero se sem sempre ser será seu seus sim só sobre sobrenome somos sou sua suas também tão te
    tem têm temos tenho ter toda todas todo todos tudo um vai você vocês vou fornecido informado disponível
    conhecido
    """,
    # Dutch
    """
    aan achternaam al alle alleen alles als altijd ander andere bij bedankt dag dank dat de deze die dit doen
    door dus een eens en er ergens gaan gaat gedaan geen goed graag haar had hadden hallo hebben heb hebt heeft heel
    hem het hier hij hoe hun iemand iets ik in is ja je jij jou jouw jullie kan kon kunnen kunt maar meer men met
    mij mijn moet moeten mogen na naam naar nee niemand niet niets nieuw nieuwe nog nooit nu of om omdat ons onder
    ontbreekt onze ook op over samen te tegen toch toen tot twee u uit uw van veel vandaag voor vooral voornaam waar
    waarom wanneer want waren was wat we weer wel welke werd wie wij wil willen worden wordt zal ze zeer zei zelf
    zich zij zijn zo zonder zou zouden opgegeven beschikbaar bekend ingevuld
    """,
    # Polish
    """
    a aby albo ale ani aż bardzo bez bo brak by być był była było były chce chcę ci cię co coś czego czy czyli dla
    do dobry dobrze dzień dziękuję dziś gdy gdyż gdzie go i ich ile im imię inne inny ja jak jako je jeden jednak
    jego jej jest jestem jeszcze jeśli już kiedy kto która które który lub ma mają mam mi mieć mnie moja może można
    mój mu musi my na nad nam nas nasz nazwisko nic nie niż nowa nowy o od on ona one oni ono oraz pan po pod podano
    ponieważ potem proszę przed przez przy są się swoje ta tak także tam te tego tej ten też to tu tutaj tych tylko
    tym u w was wasz we więc wszystko wszystkie z za ze że żeby
    """,
    # Turkish
    """
    ama ancak artık az bana bazı belki beni benim bile bir biraz biri biz bize bizim bu bugün bunu bunun çok çünkü
    da daha de değil diye dolayı dün en evet fakat gibi hayır hem hep hepsi her hiç için ile ise isim kadar kendi ki
    lütfen merhaba mı mi mu mü nasıl ne neden nerede niye o olan olarak oldu olduğu olmak olur ona onlar onu onun
    sen senin siz size sizin soyadı soyisim sonra şey şimdi şu teşekkürler tüm var ve veya ya yani yarın yeni yok
    belirtilmemiş
    """,
)


def _spellings(words: str) -> frozenset[str]:
    """Give words as they are written, with accents and without."""
    return frozenset(form for word in words.split() for form in (visible(word), fold(word).lower))


def _is_short(word: str) -> bool:
    # Every syllable of two letters is somebody's name: such words count where a name stands, and have no list.
    return len(word) <= 2  # noqa: PLR2004 - it says so


_FREQUENT = tuple(map(_spellings, _BY_LANGUAGE))

STOP_WORDS = frozenset(word for words in _FREQUENT for word in words if not _is_short(word)) - COMMON_WORDS
"""Never a name by themselves. As `visible` gives them: "Thế" is a name, "the" is none."""

FOLDED_STOP_WORDS = frozenset(fold(word).lower for word in STOP_WORDS)

# Said of somebody by a program. Those that are words of a language are told by the lists above.
_SAID_FOR_NOBODY = frozenset({"tbd", "tbc", "nil", "lnu", "fnu", "xxx", "undefined", "deleted", "pending"})
FOLDED_WORDS_OF_NOBODY = frozenset(fold(word).lower for word in frozenset().union(*_FREQUENT, ROLES, _SAID_FOR_NOBODY))
"""All that a value which stands for nobody can consist of, folded: what has another word needs no closer look."""


def stands_for_nobody(words: Iterable[str]) -> bool:
    """Tell whether the words of a record's value, as `visible` gives them, say that it has none: "Not provided".

    All words are function words of one language or roles, and not all of them are names too: "An Do" is somebody.
    """
    told = [word for word in words if len(word) > 1]
    rest = [word for word in told if word not in ROLES and word not in _SAID_FOR_NOBODY]
    if not told or (len(rest) == len(told) and all(word in COMMON_WORDS or _is_short(word) for word in told)):
        return False
    return not rest or any(all(word in frequent for word in rest) for frequent in _FREQUENT)
